import { X509Certificate } from "node:crypto";
import { basename, join } from "node:path";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { SignPath } from "../../signpath.js";
import { openDestination } from "../shell/atomic-file.js";
import { cmsSigner } from "../sign/formats/cms.js";
import { rawSigner } from "../sign/formats/raw.js";
import type { Signature } from "../sign/signer.js";
import { signWithPkijs } from "./plain-pkijs.js";
import type { Verifier } from "./verifier.js";

/** One signature of the demonstration. */
export interface DemoResult {
  readonly file: string;
  readonly output: string;
  /** How it was made. */
  readonly format: "cms" | "pkijs" | "raw";
  readonly policy: string;
  readonly algorithm: string;
  /** Length of the signature. */
  readonly bytes: number;
  /** How long signing took, with hashing. */
  readonly ms: number;
  readonly verifiedBy: string;
  /** Why it is not good, where it is not. */
  readonly defect: string | undefined;
}

/** An RSA policy and one with an elliptic curve. */
const POLICIES = ["demo/rsa-2048", "demo/p-256"];

interface Setting {
  readonly folder: string;
  readonly intermediateCertificate: string;
  readonly verifier: Verifier;
  readonly signal: AbortSignal;
}

/** Signs each file in each way with each policy and has each signature checked, one after the other. */
export async function* demonstrate(
  client: SignPath,
  paths: readonly string[],
  setting: Setting,
): AsyncGenerator<DemoResult, void, void> {
  const names = uniqueNames(paths);
  for (const reference of POLICIES) {
    const policy = await client.policy(reference, { signal: setting.signal });
    const ways = await waysOf(policy, setting);
    for (const path of paths) {
      for (const way of ways) yield await one(policy, path, names.get(path) ?? basename(path), way, setting);
    }
  }
}

interface Way {
  readonly format: DemoResult["format"];
  readonly extension: string;
  readonly signer: {
    readonly algorithm: string;
    readonly sign: (path: string, signal: AbortSignal) => Promise<Signature>;
  };
}

async function waysOf(policy: SigningPolicy, { intermediateCertificate }: Setting): Promise<Way[]> {
  const options = { hash: "SHA-256", padding: undefined, attached: false, ecdsaFormat: "der" } as const;
  const certificates = [Buffer.from(intermediateCertificate)];
  const cms = await cmsSigner(policy, { ...options, certificates });
  const raw = await rawSigner(policy, { ...options, certificates: [] });
  const pkijs = {
    algorithm: cms.algorithm,
    sign: (path: string, signal: AbortSignal) => signWithPkijs(path, policy, intermediateCertificate, signal),
  };
  return [
    { format: "cms", extension: ".p7s", signer: cms },
    { format: "pkijs", extension: ".pkijs.p7s", signer: pkijs },
    { format: "raw", extension: ".sig", signer: raw },
  ];
}

async function one(
  policy: SigningPolicy,
  path: string,
  name: string,
  { format, extension, signer }: Way,
  { folder, verifier, signal }: Setting,
): Promise<DemoResult> {
  const output = join(folder, `${name}.${policy.signingPolicySlug}${extension}`);
  const destination = await openDestination(output);
  try {
    const begin = performance.now();
    const signature = await signer.sign(path, signal);
    const ms = performance.now() - begin;
    const bytes = await destination.commit(signature);
    const { publicKey } = new X509Certificate(policy.certificateDer);
    const defect = await (format === "raw"
      ? verifier.raw(path, output, publicKey)
      : verifier.cms(path, output));
    const facts = {
      file: path,
      output,
      format,
      policy: policy.reference,
      algorithm: `${signer.algorithm}, SHA-256`,
    };
    return { ...facts, bytes, ms, verifiedBy: verifier.name, defect };
  } finally {
    await destination.discard();
  }
}

/** Names for outputs in one folder, also of files that have theirs in common. */
function uniqueNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const path of paths) {
    const base = basename(path);
    let name = base;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${count}-${base}`;
    taken.add(name.toLowerCase());
    names.set(path, name);
  }
  return names;
}
