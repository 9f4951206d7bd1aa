import { X509Certificate } from "node:crypto";
import { PAGES_PATH } from "../http/router.js";
import { componentsOf, encodeComponents } from "../keys/ecdsa-signature.js";
import { pemOf } from "../keys/pem.js";
import type { SigningOrder } from "../keys/signing-key.js";
import type { SigningRequest } from "../ledger/signing-request.js";
import type { Service } from "../service.js";
import { orderOf } from "../submission/payload.js";

/** The files that show what a signing request has signed, by their names. */
export const REQUEST_FILES = ["hash.bin", "signature.bin", "public-key.pem", "certificate.pem"] as const;

export type RequestFile = (typeof REQUEST_FILES)[number];

/**
 * The content of one of them; an ECDSA signature in ASN.1, because openssl takes no other. The key is the certificate's at
 * the time of the submission, whatever the policy has now.
 */
export function requestFile(request: SigningRequest, file: RequestFile): Buffer | string | undefined {
  const { certificate } = request.identity;
  if (file === "hash.bin") return orderOf(request.payload).hash;
  if (file === "signature.bin") return signatureForOpenssl(request);
  if (certificate === undefined) return undefined;
  if (file === "certificate.pem") return pemOf("CERTIFICATE", certificate);
  return new X509Certificate(certificate).publicKey.export({ format: "pem", type: "spki" }).toString();
}

/** Commands that fetch the files and have openssl verify the signature of the hash. */
export function verificationCommands({ origin }: Service, { id, payload }: SigningRequest): string {
  const order = orderOf(payload);
  const files = `${origin}${PAGES_PATH}/requests/${id}/{hash.bin,signature.bin,public-key.pem}`;
  const trust = origin.startsWith("https:") ? " --cacert ca.pem" : "";
  const options = [`-pkeyopt digest:${digestOf(order)}`];
  if (order.algorithm === "RsaPss") {
    options.push("-pkeyopt rsa_padding_mode:pss", `-pkeyopt rsa_pss_saltlen:${order.hash.length}`);
  }
  return [
    `curl${trust} --fail --silent --show-error --remote-name-all '${files}'`,
    "openssl pkeyutl -verify -pubin -inkey public-key.pem -in hash.bin -sigfile signature.bin \\",
    `  ${options.join(" ")}`,
  ].join("\n");
}

/** The same for whoever has what was hashed. */
export function fileCommand({ payload }: SigningRequest): string {
  const order = orderOf(payload);
  const pss =
    order.algorithm === "RsaPss"
      ? ` -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:${order.hash.length}`
      : "";
  return `openssl dgst -${digestOf(order)} -verify public-key.pem -signature signature.bin${pss} FILE`;
}

function signatureForOpenssl({ payload, signature }: SigningRequest): Buffer | undefined {
  const order = orderOf(payload);
  if (signature === undefined) return undefined;
  const bytes = Buffer.from(signature, "base64");
  if (order.algorithm !== "Ecdsa" || order.format === "Asn1") return bytes;
  return encodeComponents(componentsOf(bytes), "Asn1");
}

function digestOf(order: SigningOrder): string {
  if (order.algorithm !== "Ecdsa") return order.hashAlgorithm.digest;
  return { 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512" }[order.hash.length] ?? "sha256";
}
