import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSSignedDataParser;
import org.bouncycastle.cms.CMSTypedStream;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Store;

/**
 * Verifies CMS signatures by Bouncy Castle, many in one process. Each line of the input is
 * {@code ROOT<tab>SIGNATURE<tab>CONTENT}, with {@code -} for attached content; each line of the output is
 * {@code good SIGNERS STAMPS SHA-256-OF-CONTENT} or {@code bad REASON}.
 */
public class VerifyCms {
  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] paths = line.split("\t");
      String verdict;
      try {
        verdict = verify(certificate(paths[0]), paths[1], paths[2]);
      } catch (Exception | StackOverflowError | OutOfMemoryError error) {
        verdict = "bad " + error.toString().replaceAll("\\s+", " ");
      }
      System.out.println(verdict);
    }
  }

  private static X509Certificate certificate(String path) throws Exception {
    try (InputStream input = Files.newInputStream(Path.of(path))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(input);
    }
  }

  private static String verify(X509Certificate root, String signature, String content) throws Exception {
    var digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
    try (InputStream input = new BufferedInputStream(Files.newInputStream(Path.of(signature)))) {
      InputStream detached = content.equals("-") ? null : Files.newInputStream(Path.of(content));
      CMSSignedDataParser parser = detached == null
          ? new CMSSignedDataParser(digests, input)
          : new CMSSignedDataParser(digests, new CMSTypedStream(contentType(signature), detached), input);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      CMSTypedStream signed = parser.getSignedContent();
      if (signed == null) return "bad no content";
      byte[] buffer = new byte[65536];
      try (InputStream stream = signed.getContentStream()) {
        for (int length = stream.read(buffer); length >= 0; length = stream.read(buffer)) {
          digest.update(buffer, 0, length);
        }
      }
      @SuppressWarnings("unchecked")
      Store<X509CertificateHolder> certificates = parser.getCertificates();
      SignerInformationStore signers = parser.getSignerInfos();
      int stamps = 0;
      for (SignerInformation signer : signers) stamps += check(root, signer, certificates);
      if (signers.size() == 0) return "bad no signer";
      return "good " + signers.size() + " " + stamps + " " + HexFormat.of().formatHex(digest.digest());
    }
  }

  /** What the signature says of a content that is not in it. */
  private static ASN1ObjectIdentifier contentType(String signature) throws Exception {
    var digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
    try (InputStream input = new BufferedInputStream(Files.newInputStream(Path.of(signature)))) {
      return new ASN1ObjectIdentifier(new CMSSignedDataParser(digests, input).getSignedContentTypeOID());
    }
  }

  /** Its signature, its chain, its counter-signatures; returns how many timestamps it has, each checked too. */
  private static int check(X509Certificate root, SignerInformation signer, Store<X509CertificateHolder> certificates)
      throws Exception {
    X509Certificate certificate = find(certificates, signer);
    var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate);
    if (!signer.verify(verifier)) throw new Exception("the signature does not verify");
    chain(root, certificate, certificates);
    for (SignerInformation counter : signer.getCounterSignatures()) check(root, counter, certificates);
    int stamps = 0;
    if (signer.getUnsignedAttributes() != null) {
      var tokens = signer.getUnsignedAttributes().getAll(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
      for (int index = 0; index < tokens.size(); index++) {
        Attribute attribute = Attribute.getInstance(tokens.get(index));
        TimeStampToken token = new TimeStampToken(ContentInfo.getInstance(attribute.getAttrValues().getObjectAt(0)));
        MessageDigest digest = MessageDigest.getInstance(token.getTimeStampInfo().getMessageImprintAlgOID().getId(), "BC");
        if (!MessageDigest.isEqual(token.getTimeStampInfo().getMessageImprintDigest(), digest.digest(signer.getSignature())))
          throw new Exception("the timestamp is of something else");
        Store<X509CertificateHolder> authorities = token.getCertificates();
        @SuppressWarnings("unchecked")
        X509CertificateHolder authority =
            (X509CertificateHolder) authorities.getMatches(token.getSID()).iterator().next();
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(authority));
        stamps++;
      }
    }
    return stamps;
  }

  private static X509Certificate find(Store<X509CertificateHolder> certificates, SignerInformation signer)
      throws Exception {
    var matches = certificates.getMatches(signer.getSID());
    if (matches.isEmpty()) throw new Exception("the signer's certificate is missing");
    return new JcaX509CertificateConverter().getCertificate((X509CertificateHolder) matches.iterator().next());
  }

  private static void chain(X509Certificate root, X509Certificate leaf, Store<X509CertificateHolder> holders)
      throws Exception {
    List<X509Certificate> certificates = new ArrayList<>();
    for (X509CertificateHolder holder : holders.getMatches(null)) {
      certificates.add(new JcaX509CertificateConverter().getCertificate(holder));
    }
    X509CertSelector target = new X509CertSelector();
    target.setCertificate(leaf);
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), target);
    parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(certificates)));
    parameters.setRevocationEnabled(false);
    CertPathBuilder.getInstance("PKIX").build(parameters);
  }
}
