import { PAGES_PATH } from "../http/router.js";
import { componentsOf, encodeComponents } from "../keys/ecdsa-signature.js";
import { pemOf } from "../keys/pem.js";
import type { Service } from "../service.js";
import type { SigningRequest } from "../submission/ledger.js";

/** The files that show what a signing request has signed, by their names. */
export const REQUEST_FILES = ["hash.bin", "signature.bin", "public-key.pem", "certificate.pem"] as const;

export type RequestFile = (typeof REQUEST_FILES)[number];

/** The content of one of them; an ECDSA signature in ASN.1, because openssl takes no other. */
export function requestFile(request: SigningRequest, file: RequestFile): Buffer | string | undefined {
  const { certificate, key } = request.identity;
  if (file === "hash.bin") return request.order.hash;
  if (file === "signature.bin") return signatureForOpenssl(request);
  if (file === "public-key.pem") return key.publicKey.export({ format: "pem", type: "spki" }).toString();
  return certificate && pemOf("CERTIFICATE", certificate);
}

/** Commands that fetch the files and have openssl verify the signature of the hash. */
export function verificationCommands({ origin }: Service, request: SigningRequest): string {
  const { id, order } = request;
  const files = `${origin}${PAGES_PATH}/requests/${id}/{hash.bin,signature.bin,public-key.pem}`;
  const trust = origin.startsWith("https:") ? " --cacert ca.pem" : "";
  const options = ["-pkeyopt", `digest:${digestOf(order)}`];
  if (order.algorithm === "RsaPss") {
    options.push("-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", `rsa_pss_saltlen:${order.hash.length}`);
  }
  return [
    `curl${trust} --fail --silent --show-error --remote-name-all '${files}'`,
    `openssl pkeyutl -verify -pubin -inkey public-key.pem -in hash.bin -sigfile signature.bin \\`,
    `  ${options.join(" ")}`,
  ].join("\n");
}

/** The same for whoever has what was hashed. */
export function fileCommand({ order }: SigningRequest): string {
  const pss =
    order.algorithm === "RsaPss"
      ? ` -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:${order.hash.length}`
      : "";
  return `openssl dgst -${digestOf(order)} -verify public-key.pem -signature signature.bin${pss} FILE`;
}

function signatureForOpenssl({ order, signature }: SigningRequest): Buffer | undefined {
  if (signature === undefined || order.algorithm !== "Ecdsa" || order.format === "Asn1") return signature;
  return encodeComponents(componentsOf(signature), "Asn1");
}

function digestOf(order: SigningRequest["order"]): string {
  if (order.algorithm !== "Ecdsa") return order.hashAlgorithm.digest;
  return { 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512" }[order.hash.length] ?? "sha256";
}
