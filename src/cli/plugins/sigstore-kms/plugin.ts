import { createHash, X509Certificate } from "node:crypto";
import type { AdapterAlgorithm } from "../../../adapter/algorithms.js";
import { defaultAlgorithm } from "../../../adapter/algorithms.js";
import { exactCopy } from "../../../base/bytes.js";
import { messageOf } from "../../../base/errors.js";
import { ecdsaSignatureValue } from "../../../cms/asn1/ecdsa-signature-value.js";
import { resolve } from "../../../key/algorithms.js";
import type { HashAlgorithm } from "../../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../../key/hashes.js";
import { readCertificate } from "../../../policy/certificate.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { withPolicy } from "../policy.js";
import type { Answer } from "../run.js";
import type { Call } from "./arguments.js";
import { readCall } from "./arguments.js";

type Method = (
  policy: SigningPolicy,
  call: Call,
  stdin: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
) => Promise<object> | object;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["defaultAlgorithm", (policy) => ({ defaultAlgorithm: algorithmNameOf(policy) })],
  ["supportedAlgorithms", (policy) => ({ supportedAlgorithms: [algorithmNameOf(policy)] })],
  ["publicKey", (policy) => ({ publicKeyPEM: publicKeyOf(policy) })],
  ["signMessage", signMessage],
  ["verifySignature", verifySignature],
  [
    "createKey",
    () => {
      throw new Error(
        "keys are made in SignPath, not here: name a signing policy as signpath://project/policy",
      );
    },
  ],
]);

/**
 * Answers one call of sigstore's plugin protocol for keys, version 1: JSON on stdout, an error as its `errorMessage`. RSA
 * keys sign with PKCS #1 v1.5, as sigstore verifies them; signatures of ECDSA are DER.
 *
 * @param version - of the protocol, the first argument
 * @param text - the second argument
 * @param stdin - the message, for methods that have one
 */
export async function answerSigstore(
  version: string,
  text: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Answer> {
  try {
    const call = readCall(version, text);
    const method = METHODS.get(call.method);
    if (method === undefined)
      throw new Error(`there is no method ${JSON.stringify(call.method.slice(0, 40))}`);
    const signal = signalOf(call);
    const result = await withPolicy(call.policy, { signal }, async (policy) =>
      method(policy, call, stdin, signal),
    );
    return { stdout: JSON.stringify({ [call.method]: result }), exitCode: 0 };
  } catch (error) {
    return { stdout: JSON.stringify({ errorMessage: messageOf(error) || "it failed" }), exitCode: 1 };
  }
}

/** As sigstore's own providers name them. */
function algorithmNameOf(policy: SigningPolicy): string {
  defaultAlgorithm(policy);
  return policy.keyType === "EC" ? `ecdsa-p${policy.keySizeInBits}` : `rsa-${policy.keySizeInBits}`;
}

function publicKeyOf({ certificateDer }: SigningPolicy): string {
  const { publicKey } = new X509Certificate(certificateDer);
  return Buffer.from(publicKey.export({ type: "spki", format: "pem" })).toString("base64");
}

async function signMessage(
  policy: SigningPolicy,
  call: Call,
  stdin: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<object> {
  const { algorithm, hash } = algorithmOf(policy, call);
  const digest = await digestOf(call, hash, stdin);
  const raw = await policy.signHash(digest, algorithm, { signal });
  const signature = algorithm.name === "ECDSA" ? ecdsaSignatureValue(raw) : raw;
  return { signature: Buffer.from(signature).toString("base64") };
}

async function verifySignature(
  policy: SigningPolicy,
  call: Call,
  stdin: AsyncIterable<Uint8Array>,
): Promise<object> {
  const { algorithm, hash } = algorithmOf(policy, call);
  const digest = await digestOf(call, hash, stdin);
  const facts = readCertificate(Buffer.from(policy.certificateDer).toString("base64"), undefined);
  const { scheme } = resolve(algorithm.name, algorithm.hash, undefined);
  const signed = { hash: digest.toString("base64"), message: undefined };
  const checked = await scheme.check(exactCopy(call.signature ?? Buffer.of()), facts, hash, signed);
  if ("defect" in checked) throw new Error(`the signature is not good: ${checked.defect}`);
  return {};
}

function algorithmOf(
  policy: SigningPolicy,
  call: Call,
): { algorithm: AdapterAlgorithm; hash: HashAlgorithm } {
  if (call.hash === undefined) throw new Error("SHA-256, SHA-384 and SHA-512 are the hashes to sign with");
  const algorithm = defaultAlgorithm(policy, call.hash);
  if (algorithm.name === "RSA-PSS")
    throw new Error(`${policy.reference} signs with RSA-PSS only, which sigstore does not verify`);
  const hash = HASH_ALGORITHMS.get(algorithm.hash);
  if (hash === undefined) throw new TypeError(`there is no hash ${algorithm.hash}`);
  return { algorithm, hash };
}

/** The one that is given, else that of the message. */
async function digestOf(
  { digest }: Call,
  { nodeName, length, name }: HashAlgorithm,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Buffer> {
  if (digest !== undefined) {
    if (digest.length !== length)
      throw new Error(`a digest by ${name} has ${length} bytes, not ${digest.length}`);
    return digest;
  }
  const hasher = createHash(nodeName);
  for await (const chunk of stdin) hasher.update(chunk);
  return hasher.digest();
}

/** Ends what takes longer than the caller waits. */
function signalOf({ deadline }: Call): AbortSignal | undefined {
  if (deadline === undefined) return undefined;
  const ms = deadline.getTime() - Date.now();
  return ms > 0 ? AbortSignal.timeout(Math.min(ms, 2 ** 31 - 1)) : AbortSignal.abort();
}
