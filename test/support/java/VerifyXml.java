import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Verifies XML signatures by the JDK with its secure validation, many in one process, which answers each line as it comes. Each line of the input is
 * {@code ROOT<tab>DOCUMENT}, and then {@code <tab>URI<tab>FILE} for what is outside of the document; each line of the output
 * is {@code good REFERENCES ALGORITHM} or {@code bad REASON}.
 */
public class VerifyXml {
  public static void main(String[] arguments) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String verdict;
      try {
        verdict = verify(line.split("\t"));
      } catch (Exception | StackOverflowError error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        verdict = "bad " + (error + " " + cause).replaceAll("\\s+", " ");
      }
      System.out.println(verdict);
      System.out.flush();
    }
  }

  private static String verify(String[] fields) throws Exception {
    DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
    builders.setNamespaceAware(true);
    builders.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Document document = builders.newDocumentBuilder().parse(Path.of(fields[1]).toFile());
    NodeList signatures = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
    if (signatures.getLength() != 1) return "bad " + signatures.getLength() + " signatures";
    X509Certificate signer = signerOf((Element) signatures.item(0), certificate(Files.readAllBytes(Path.of(fields[0]))));
    DOMValidateContext context =
        new DOMValidateContext(KeySelector.singletonKeySelector(signer.getPublicKey()), signatures.item(0));
    context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
    XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
    URIDereferencer inside = factory.getURIDereferencer();
    context.setURIDereferencer((reference, here) -> {
      for (int index = 2; index + 1 < fields.length; index += 2) {
        if (!fields[index].equals(reference.getURI())) continue;
        try {
          return new OctetStreamData(Files.newInputStream(Path.of(fields[index + 1])));
        } catch (java.io.IOException error) {
          throw new javax.xml.crypto.URIReferenceException(error);
        }
      }
      return inside.dereference(reference, here);
    });
    NodeList elements = document.getElementsByTagName("*");
    for (int index = 0; index < elements.getLength(); index++) {
      Element element = (Element) elements.item(index);
      for (String name : List.of("Id", "ID", "id")) {
        if (element.hasAttributeNS(null, name)) context.setIdAttributeNS(element, null, name);
      }
    }
    XMLSignature signature = factory.unmarshalXMLSignature(context);
    if (!signature.validate(context)) {
      return "bad signature value: " + signature.getSignatureValue().validate(context);
    }
    return "good " + signature.getSignedInfo().getReferences().size() + " "
        + signature.getSignedInfo().getSignatureMethod().getAlgorithm();
  }

  /** The first certificate of KeyInfo, if its chain leads to the root. */
  private static X509Certificate signerOf(Element signature, X509Certificate root) throws Exception {
    NodeList encoded = signature.getElementsByTagNameNS(XMLSignature.XMLNS, "X509Certificate");
    List<X509Certificate> certificates = new ArrayList<>();
    for (int index = 0; index < encoded.getLength(); index++) {
      certificates.add(certificate(Base64.getMimeDecoder().decode(encoded.item(index).getTextContent())));
    }
    X509CertSelector target = new X509CertSelector();
    target.setCertificate(certificates.get(0));
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), target);
    parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(certificates)));
    parameters.setRevocationEnabled(false);
    CertPathBuilder.getInstance("PKIX").build(parameters);
    return certificates.get(0);
  }

  private static X509Certificate certificate(byte[] encoded) throws Exception {
    try (InputStream input = new ByteArrayInputStream(encoded)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(input);
    }
  }
}
