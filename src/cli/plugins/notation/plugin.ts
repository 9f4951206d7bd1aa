import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AdapterAlgorithm } from "../../../adapter/algorithms.js";
import { signMessage } from "../../../adapter/sign-message.js";
import { messageOf } from "../../../base/errors.js";
import { VERSION } from "../../../base/version.js";
import { buildChain, readCertificates } from "../../../policy/chain.js";
import { certificatePathsIn } from "../../../policy/issuers.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { withPolicy } from "../policy.js";
import type { Answer } from "../run.js";
import { errorResponse, PluginError } from "./plugin-error.js";
import type { DescribeKeyRequest, GenerateSignatureRequest } from "./requests.js";
import { describeKeyRequest, generateSignatureRequest, readRequest, requireContract } from "./requests.js";

/** What the Notary Project signs with, by the kind and length of the key: RSA means RSASSA-PSS. */
const KEY_SPECS: Readonly<Record<string, AdapterAlgorithm & { readonly signingAlgorithm: string }>> = {
  "RSA-2048": { name: "RSA-PSS", hash: "SHA-256", signingAlgorithm: "RSASSA-PSS-SHA-256" },
  "RSA-3072": { name: "RSA-PSS", hash: "SHA-384", signingAlgorithm: "RSASSA-PSS-SHA-384" },
  "RSA-4096": { name: "RSA-PSS", hash: "SHA-512", signingAlgorithm: "RSASSA-PSS-SHA-512" },
  "EC-256": { name: "ECDSA", hash: "SHA-256", signingAlgorithm: "ECDSA-SHA-256" },
  "EC-384": { name: "ECDSA", hash: "SHA-384", signingAlgorithm: "ECDSA-SHA-384" },
  "EC-521": { name: "ECDSA", hash: "SHA-512", signingAlgorithm: "ECDSA-SHA-512" },
};

const METADATA = {
  name: "signpath",
  description: "Signs with keys that stay in SignPath",
  version: VERSION,
  url: "https://www.npmjs.com/package/signpath-webcrypto",
  supportedContractVersions: ["1.0"],
  capabilities: ["SIGNATURE_GENERATOR.RAW"],
};

/**
 * Answers one call of notation (Notary Project plugin specification, contract 1.0): the response on stdout, or an error on
 * stderr and exit code 1.
 */
export async function answerNotation(command: string, stdin: AsyncIterable<Uint8Array>): Promise<Answer> {
  try {
    return { stdout: `${JSON.stringify(await respond(command, stdin))}\n`, exitCode: 0 };
  } catch (error) {
    return { stderr: errorResponse(error), exitCode: 1 };
  }
}

async function respond(command: string, stdin: AsyncIterable<Uint8Array>): Promise<object> {
  if (command === "get-plugin-metadata") return METADATA;
  if (command !== "describe-key" && command !== "generate-signature")
    throw new PluginError(
      "VALIDATION_ERROR",
      `${JSON.stringify(command.slice(0, 40))} is no command of this plugin: get-plugin-metadata, describe-key and generate-signature are. It is run by notation`,
    );
  const request = await readRequest(stdin);
  requireContract(request);
  return command === "describe-key"
    ? describeKey(describeKeyRequest(request))
    : generateSignature(generateSignatureRequest(request));
}

function describeKey({ keyId, pluginConfig }: DescribeKeyRequest): Promise<object> {
  return withPolicy(keyId, { configFile: pluginConfig?.["configFile"] }, async (policy) => ({
    keyId,
    keySpec: keySpecOf(policy),
  }));
}

async function generateSignature(request: GenerateSignatureRequest): Promise<object> {
  const { keyId, pluginConfig, keySpec, hashAlgorithm, payload } = request;
  const configured = pluginConfig?.["certificates"];
  const issuers = await readIssuers(configured ? [configured] : certificatePathsIn(process.env));
  return withPolicy(keyId, { configFile: pluginConfig?.["configFile"] }, async (policy) => {
    const spec = keySpecOf(policy);
    const algorithm = KEY_SPECS[spec];
    if (algorithm === undefined || spec !== keySpec || algorithm.hash !== hashAlgorithm)
      throw new PluginError(
        "VALIDATION_ERROR",
        `${policy.reference} has a key ${spec}, which signs with ${algorithm?.hash}; asked for were ${keySpec} and ${hashAlgorithm}`,
      );
    const chain = buildChain(policy.certificateDer, readCertificates(issuers));
    requireWhole(chain);
    const signature = await signMessage(policy, algorithm, Uint8Array.from(Buffer.from(payload, "base64")));
    return {
      keyId,
      signature: base64(signature),
      signingAlgorithm: algorithm.signingAlgorithm,
      certificateChain: chain.map(base64),
    };
  });
}

function keySpecOf(policy: SigningPolicy): string {
  const spec = `${policy.keyType}-${policy.keySizeInBits}`;
  if (spec in KEY_SPECS) return spec;
  const reason = policy.defect ?? `the Notary Project has no signatures by a key ${spec}`;
  throw new PluginError("VALIDATION_ERROR", `${policy.reference} cannot be used: ${reason}`);
}

async function readIssuers(paths: readonly string[]): Promise<Uint8Array[]> {
  try {
    return await Promise.all(paths.map((path) => readFile(path)));
  } catch (cause) {
    throw new PluginError("VALIDATION_ERROR", `the certificates cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Notation takes chains that end with a root, and SignPath gives the first certificate only. */
function requireWhole(chain: readonly Uint8Array[]): void {
  const last = new X509Certificate(chain.at(-1) ?? new Uint8Array());
  if (last.checkIssued(last)) return;
  throw new PluginError(
    "VALIDATION_ERROR",
    "the chain of the policy's certificate does not reach a root: name a PEM file with its issuers, the root among them, with --plugin-config certificates=FILE or in SIGNPATH_CERTIFICATES. Nothing was signed",
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
