import * as v from "valibot";
import { PluginError } from "./plugin-error.js";

/** Notation itself takes no larger answers, and what it has signed is a descriptor. */
const LONGEST_REQUEST_BYTES = 16 * 1024 * 1024;

const required = v.pipe(v.string(), v.nonEmpty());

/** What is unknown in a request is passed over, for the sake of later minor versions of the contract. */
const Version = v.object({ contractVersion: required });
const DescribeKey = v.object({
  keyId: required,
  pluginConfig: v.nullish(v.record(v.string(), v.string())),
});
const GenerateSignature = v.object({
  ...DescribeKey.entries,
  keySpec: required,
  hashAlgorithm: v.picklist(["SHA-256", "SHA-384", "SHA-512"]),
  payload: v.pipe(required, v.base64()),
});

export interface DescribeKeyRequest {
  /** `project/policy` */
  readonly keyId: string;
  readonly pluginConfig?: Readonly<Record<string, string>> | null | undefined;
}

export interface GenerateSignatureRequest extends DescribeKeyRequest {
  readonly keySpec: string;
  readonly hashAlgorithm: "SHA-256" | "SHA-384" | "SHA-512";
  /** Base64. */
  readonly payload: string;
}

/** Reads a request from stdin. */
export async function readRequest(stdin: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > LONGEST_REQUEST_BYTES) throw new PluginError("VALIDATION_ERROR", "the request is too long");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new PluginError("VALIDATION_ERROR", "the request is not JSON", { cause });
  }
}

/** @throws {PluginError} `UNSUPPORTED_CONTRACT_VERSION` for another major version than 1 */
export function requireContract(request: unknown): void {
  const { contractVersion } = decode(Version, request);
  if (!/^1\.\d+$/.test(contractVersion))
    throw new PluginError(
      "UNSUPPORTED_CONTRACT_VERSION",
      `contract version ${JSON.stringify(contractVersion.slice(0, 20))} is not supported: 1.0 is`,
    );
}

export function describeKeyRequest(request: unknown): DescribeKeyRequest {
  return decode(DescribeKey, request);
}

export function generateSignatureRequest(request: unknown): GenerateSignatureRequest {
  return decode(GenerateSignature, request);
}

function decode<Schema extends v.GenericSchema>(schema: Schema, request: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, request, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new PluginError(
    "VALIDATION_ERROR",
    `${v.getDotPath(issue) ?? "the request"} is missing or malformed`,
  );
}
