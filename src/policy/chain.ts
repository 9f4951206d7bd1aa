import { X509Certificate } from "node:crypto";
import type { Bytes } from "../base/bytes.js";
import { exactCopy } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import { requireList } from "../base/options.js";

/** Certificates as a caller has them: PEM text with one or more, DER, or an object with its DER in `rawData`. */
export type CertificateInput = string | Uint8Array | ArrayBuffer | { readonly rawData: ArrayBuffer };

// No dash inside: a text of beginnings without an end would be searched to its end from each of them.
const PEM_CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/**
 * Every certificate in the inputs, as DER.
 *
 * @throws {SignPathError} `CONFIG_INVALID` where an input holds none that can be read.
 * @throws {TypeError} for what is no list
 */
export function readCertificates(inputs: Iterable<CertificateInput>): Bytes[] {
  requireList("certificates", inputs);
  return [...inputs].flatMap((input, index) => {
    try {
      const found = encodings(input).map((encoded) => exactCopy(new X509Certificate(encoded).raw));
      if (found.length > 0) return found;
    } catch (cause) {
      throw unreadable(index, cause);
    }
    throw unreadable(index, undefined);
  });
}

function unreadable(index: number, cause: unknown): SignPathError {
  const message = `certificate ${index + 1} of those given cannot be read: it must be PEM or DER`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "config", cause });
}

function encodings(input: CertificateInput): (string | Uint8Array)[] {
  if (typeof input === "string") return input.match(PEM_CERTIFICATE) ?? [];
  if (input instanceof ArrayBuffer) return [new Uint8Array(input)];
  if (!(input instanceof Uint8Array)) return [new Uint8Array(input.rawData)];
  const text = Buffer.from(input.buffer, input.byteOffset, Math.min(input.byteLength, 65_536)).toString(
    "latin1",
  );
  return text.includes("-----BEGIN") ? encodings(Buffer.from(input).toString("latin1")) : [input];
}

/**
 * The certificate and, as far as they are among the candidates, those that issued it, each checked to have signed the
 * one before.
 */
export function buildChain(leaf: Bytes, candidates: readonly Bytes[]): Bytes[] {
  const chain = [leaf];
  const parsed = candidates.map((der) => ({ der, certificate: new X509Certificate(der) }));
  let last = new X509Certificate(leaf);
  while (!last.checkIssued(last)) {
    const issuer = parsed.find(({ certificate, der }) => {
      const isNew = !chain.some((used) => Buffer.compare(used, der) === 0);
      return isNew && last.checkIssued(certificate) && last.verify(certificate.publicKey);
    });
    if (issuer === undefined) break;
    chain.push(issuer.der);
    last = issuer.certificate;
  }
  return chain;
}

/** Not only self-issued, as a certificate from an authority's old key for its new one is (RFC 5280, section 3.2). */
export function isSelfSigned(der: Bytes): boolean {
  const certificate = new X509Certificate(der);
  return certificate.verify(certificate.publicKey);
}

/** A certificate as PEM (RFC 7468, section 5), with a final line break. */
export function toPem(der: Bytes): string {
  return new X509Certificate(der).toString();
}
