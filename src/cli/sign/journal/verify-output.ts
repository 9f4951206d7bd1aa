import { createHash, createVerify, constants as crypto, X509Certificate } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { isSignPathError } from "../../../base/errors.js";
import type { BatchFacts } from "../events.js";
import type { Job } from "../plan.js";

/** An output that is looked at. */
export interface Found {
  readonly job: Job;
  readonly facts: Pick<BatchFacts, "format" | "hash" | "algorithm">;
  /** SHA-256 of the content, in hexadecimal. */
  readonly digest: string;
  /** DER, of the policy. */
  readonly certificate: Uint8Array;
  readonly signal: AbortSignal;
}

/** What an output is: a good signature of its file by the policy's key, with or without a timestamp, or none of that. */
export type Finding = "stamped" | "unstamped" | "none";

/** Looks at an output. Formats that cannot be checked here are none. */
export async function findSignature(found: Found): Promise<Finding> {
  if (found.facts.format === "cms") return findCms(found);
  return found.facts.format === "raw" && (await isRaw(found)) ? "unstamped" : "none";
}

async function findCms({ job, digest, certificate, signal }: Found): Promise<Finding> {
  const { verifyCms } = await import("../../../cms/verify/verify-cms.js");
  const verify = async (content: string | undefined): Promise<Finding> => {
    const hash = createHash("sha256");
    const onContent =
      content === undefined ? (chunk: Uint8Array): void => void hash.update(chunk) : undefined;
    const roots = [certificate];
    const { signers } = await verifyCms(job.output, { content, roots, onContent, signal });
    const isOurs = signers.every((each) => each.certificate && sameBytes(each.certificate, certificate));
    if (!isOurs || (content === undefined && hash.digest("hex") !== digest)) return "none";
    return signers.every(({ timestamp }) => timestamp !== undefined) ? "stamped" : "unstamped";
  };
  try {
    return await verify(job.file);
  } catch (error) {
    if (!isSignPathError(error) || error.code !== "VERIFICATION_FAILED") throw error;
  }
  try {
    return await verify(undefined);
  } catch (error) {
    if (isSignPathError(error) && error.code === "VERIFICATION_FAILED") return "none";
    throw error;
  }
}

async function isRaw({ job, facts, certificate, signal }: Found): Promise<boolean> {
  const signature = await readFile(job.output);
  const isPss = facts.algorithm === "RSA-PSS";
  const isRsa = facts.algorithm !== "ECDSA";
  const key = new X509Certificate(certificate).publicKey;
  const padding = isPss ? crypto.RSA_PKCS1_PSS_PADDING : crypto.RSA_PKCS1_PADDING;
  const ways = isRsa
    ? [{ key, padding, ...(isPss && { saltLength: crypto.RSA_PSS_SALTLEN_DIGEST }) }]
    : [
        { key, dsaEncoding: "der" as const },
        { key, dsaEncoding: "ieee-p1363" as const },
      ];
  for (const way of ways) {
    const verifier = createVerify(facts.hash);
    for await (const chunk of createReadStream(job.file, { signal })) verifier.update(chunk as Uint8Array);
    if (verifier.verify(way, signature)) return true;
  }
  return false;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
