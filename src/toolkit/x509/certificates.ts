import type {
  Attribute,
  Extension,
  Name,
  Pkcs10CertificateRequest,
  PublicKey,
  X509Certificate,
} from "@peculiar/x509";
import type { SignerChoice } from "../../adapter/choice.js";
import { requireOptions } from "../../base/options.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { DistinguishedName } from "./distinguished-name.js";
import { distinguishedName } from "./distinguished-name.js";
import type { DocumentSigner } from "./signer.js";
import { certificateFor, documentSigner, eachOnce, refused, toSecond, withOneKey, x509 } from "./signer.js";

/** A certification request for the key of a policy. */
export interface CertificateRequestOptions extends SignerChoice {
  /** Default: the subject of the policy's certificate, byte for byte, as for a renewal. */
  readonly subject?: DistinguishedName | undefined;
  /** Extensions to ask for, of @peculiar/x509. */
  readonly extensions?: Iterable<Extension> | undefined;
  /** More attributes, of @peculiar/x509. */
  readonly attributes?: Iterable<Attribute> | undefined;
}

/** How long a certificate is valid, and what it is called. */
export interface CertificateDetails {
  /** Default: now. */
  readonly notBefore?: Date | undefined;
  readonly notAfter: Date;
  /** In hexadecimal, at most 20 bytes. Default: 16 random bytes. */
  readonly serialNumber?: string | undefined;
  /**
   * Of @peculiar/x509. What is not among them is added: basicConstraints of an end entity, the subject's and the authority's
   * key identifier (RFC 5280, section 4.2.1).
   */
  readonly extensions?: Iterable<Extension> | undefined;
}

/** A certificate for the key of a policy, signed by itself. */
export interface SelfSignedCertificateOptions extends SignerChoice, CertificateDetails {
  /** Default: the subject of the policy's certificate. */
  readonly subject?: DistinguishedName | undefined;
}

/** A certificate for another key, signed by a policy as a certification authority. */
export interface IssueCertificateOptions extends SignerChoice, CertificateDetails {
  /** The authority's certificate, for the policy's key. Default: the policy's own. */
  readonly issuer?: CertificateInput | undefined;
  /** Whom it is for: the request's signature is checked, and subject and key are taken from it, extensions are not. */
  readonly request?: Pkcs10CertificateRequest | string | BufferSource | undefined;
  /** In place of a request. */
  readonly publicKey?: CryptoKey | PublicKey | BufferSource | undefined;
  /** Required without a request; wins over that of the request. */
  readonly subject?: DistinguishedName | undefined;
}

/**
 * A certification request (PKCS #10, RFC 2986).
 *
 * @returns the request; `toString("pem")` writes it
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CERTIFICATE_CHANGED`, and whatever signing can fail
 * with
 */
export async function createCertificateRequest(
  options: CertificateRequestOptions,
): Promise<Pkcs10CertificateRequest> {
  requireOptions(options);
  const { attributes = [] } = options;
  const extensions = eachOnce(options.extensions ?? []);
  return withOneKey(options, async () => {
    const signer = await documentSigner(options);
    const name = distinguishedName(options.subject) ?? subjectOf(options.policy.certificateDer);
    return x509.Pkcs10CertificateRequestGenerator.create(
      { name, extensions, attributes: [...attributes], ...signing(signer) },
      signer.crypto,
    );
  });
}

/**
 * A certificate for the policy's key, signed with it: a root of its own, or one for tests.
 *
 * @returns the certificate
 * @throws {SignPathError} `CONFIG_INVALID` for dates in the wrong order, and those of {@link createCertificateRequest}
 */
export async function createSelfSignedCertificate(
  options: SelfSignedCertificateOptions,
): Promise<X509Certificate> {
  requireOptions(options);
  const details = detailsOf(options);
  return withOneKey(options, async () => {
    const signer = await documentSigner(options);
    const name = distinguishedName(options.subject) ?? subjectOf(options.policy.certificateDer);
    const extensions = await completed(options.extensions, signer.publicKey, signer.publicKey, signer.crypto);
    return x509.X509CertificateGenerator.createSelfSigned(
      { ...details, name, extensions, ...signing(signer) },
      signer.crypto,
    );
  });
}

/**
 * A certificate for somebody else's key, issued by a policy whose certificate is that of an authority.
 *
 * @returns the certificate
 * @throws {SignPathError} `CONFIG_INVALID` where the issuer's certificate is none of an authority, not for the policy's key
 * or has no room for another authority below it, or the request's signature is wrong; and those of {@link createSelfSignedCertificate}
 */
export async function issueCertificate(options: IssueCertificateOptions): Promise<X509Certificate> {
  requireOptions(options);
  const details = detailsOf(options);
  return withOneKey(options, async () => {
    const issuer = authorityOf(options);
    const signer = await documentSigner(options);
    const { subject, publicKey } = await holderOf(options, signer.crypto);
    const extensions = await completed(options.extensions, publicKey, issuer, signer.crypto);
    requireWithinPathLength(issuer, extensions);
    return x509.X509CertificateGenerator.create(
      {
        ...details,
        subject,
        issuer: issuer.subjectName,
        publicKey,
        extensions,
        signingKey: signer.privateKey,
        signingAlgorithm: signer.signingAlgorithm,
      },
      signer.crypto,
    );
  });
}

/** The certificate of an authority: one that may sign certificates (RFC 5280, sections 4.2.1.3 and 4.2.1.9). */
function authorityOf(options: IssueCertificateOptions): X509Certificate {
  const certificate = new x509.X509Certificate(certificateFor(options, options.issuer));
  const isAuthority = certificate.getExtension(x509.BasicConstraintsExtension)?.ca === true;
  const usage = certificate.getExtension(x509.KeyUsagesExtension);
  const maySign = usage === null || (usage.usages & x509.KeyUsageFlags.keyCertSign) !== 0;
  if (isAuthority && maySign) return certificate;
  throw refused(
    `${certificate.subject} is not the certificate of an authority, so that nobody would trust what it issues: give { issuer }, an authority's certificate for the policy's key`,
  );
}

/** RFC 5280, section 4.2.1.9. */
function requireWithinPathLength(issuer: X509Certificate, extensions: readonly Extension[]): void {
  const given = extensions.find(({ type }) => type === AUTOMATIC.basicConstraints);
  // One of another copy of @peculiar/x509 is not known as such.
  const isAuthority = given !== undefined && new x509.BasicConstraintsExtension(given.rawData).ca;
  if (isAuthority && issuer.getExtension(x509.BasicConstraintsExtension)?.pathLength === 0)
    throw refused(
      `${issuer.subject} may issue no certificate of an authority (its path length is 0), so that nobody would trust it`,
    );
}

/** Whom a certificate is for. */
async function holderOf(
  { request, publicKey, subject }: IssueCertificateOptions,
  crypto: Crypto,
): Promise<{ subject: Name; publicKey: PublicKey }> {
  if ((request === undefined) === (publicKey === undefined))
    throw refused("a certificate is for a request or for a publicKey: give one of them");
  const name = distinguishedName(subject);
  if (request === undefined) {
    if (name === undefined) throw refused("a certificate for a publicKey needs a subject");
    return { subject: name, publicKey: await publicKeyOf(publicKey, crypto) };
  }
  const read = readRequest(request);
  if (!(await read.verify(crypto).catch(() => false)))
    throw refused("the signature of the request is wrong: whoever made it does not have the key");
  return { subject: name ?? read.subjectName, publicKey: read.publicKey };
}

function readRequest(request: Pkcs10CertificateRequest | string | BufferSource): Pkcs10CertificateRequest {
  try {
    const source = typeof request === "object" && "rawData" in request ? request.rawData : request;
    return new x509.Pkcs10CertificateRequest(source);
  } catch (cause) {
    throw refused("the request cannot be read: it must be PEM or DER", cause);
  }
}

async function publicKeyOf(given: unknown, crypto: Crypto): Promise<PublicKey> {
  try {
    // One of another copy of @peculiar/x509 is not known as such.
    const source = typeof given === "object" && given !== null && "rawData" in given ? given.rawData : given;
    return await x509.PublicKey.create(source as CryptoKey, crypto);
  } catch (cause) {
    throw refused(
      "the publicKey cannot be read: it must be a CryptoKey that can be exported, or SPKI",
      cause,
    );
  }
}

function signing({ privateKey, publicKey, signingAlgorithm }: DocumentSigner): {
  keys: CryptoKeyPair;
  signingAlgorithm: Algorithm;
} {
  return { keys: { privateKey, publicKey }, signingAlgorithm };
}

function subjectOf(certificate: BufferSource): Name {
  return new x509.X509Certificate(certificate).subjectName;
}

/** What both kinds of certificates say of themselves. */
function detailsOf(details: CertificateDetails): {
  notBefore: Date;
  notAfter: Date;
  serialNumber?: string;
} {
  const [notBefore, notAfter] = [
    toSecond(details.notBefore ?? new Date(), "notBefore"),
    toSecond(details.notAfter, "notAfter"),
  ];
  const { serialNumber } = details;
  if (!(notAfter.getTime() > notBefore.getTime())) throw refused("notAfter must be a date after notBefore");
  if (serialNumber === undefined) return { notBefore, notAfter };
  if (!/^(?:[0-9a-f]{2}){1,20}$/i.test(serialNumber) || /^(?:00)*$/.test(serialNumber))
    throw refused("serialNumber must be from 1 to 20 bytes in hexadecimal, and not zero");
  return { notBefore, notAfter, serialNumber };
}

const AUTOMATIC = {
  basicConstraints: "2.5.29.19",
  subjectKeyIdentifier: "2.5.29.14",
  authorityKeyIdentifier: "2.5.29.35",
} as const;

async function completed(
  given: Iterable<Extension> = [],
  subject: CryptoKey | PublicKey,
  authority: CryptoKey | X509Certificate,
  crypto: Crypto,
): Promise<Extension[]> {
  const extensions = eachOnce(given);
  const lacks = (type: string): boolean => !extensions.some((extension) => extension.type === type);
  if (lacks(AUTOMATIC.basicConstraints))
    extensions.push(new x509.BasicConstraintsExtension(false, undefined, true));
  if (lacks(AUTOMATIC.subjectKeyIdentifier))
    extensions.push(await x509.SubjectKeyIdentifierExtension.create(subject, false, crypto));
  if (lacks(AUTOMATIC.authorityKeyIdentifier))
    extensions.push(await authorityKeyIdentifier(authority, crypto));
  return extensions;
}

/** That of the issuer's certificate, which need not be the hash of its key (RFC 5280, section 4.2.1.1). */
async function authorityKeyIdentifier(
  authority: CryptoKey | X509Certificate,
  crypto: Crypto,
): Promise<Extension> {
  const named = "getExtension" in authority && authority.getExtension(x509.SubjectKeyIdentifierExtension);
  if (named) return new x509.AuthorityKeyIdentifierExtension(named.keyId);
  const key = "publicKey" in authority ? authority.publicKey : authority;
  return x509.AuthorityKeyIdentifierExtension.create(key, false, crypto);
}
