import * as v from "valibot";
import type { HashName } from "../../../wire/signing.js";

/** Numbers of hashes in Go's package crypto. */
const HASHES: ReadonlyMap<number, HashName> = new Map([
  [5, "SHA-256"],
  [6, "SHA-384"],
  [7, "SHA-512"],
]);

const Deadline = v.nullish(v.pipe(v.string(), v.isoTimestamp()));
const Digest = v.nullish(v.pipe(v.string(), v.base64()));
const Hash = v.nullish(v.number());
const Options = v.nullish(
  v.object({
    rpcOptions: v.nullish(v.object({ ctxDeadline: Deadline, keyVersion: v.nullish(v.string()) })),
    messageOptions: v.nullish(v.object({ digest: Digest, hashFunc: Hash })),
  }),
);

/** What is unknown is passed over, as Go does. */
const Arguments = v.object({
  initOptions: v.object({
    protocolVersion: v.string(),
    keyResourceID: v.pipe(v.string(), v.nonEmpty()),
    hashFunc: Hash,
    ctxDeadline: Deadline,
  }),
  methodName: v.string(),
  signMessage: v.nullish(v.object({ signOptions: Options })),
  verifySignature: v.nullish(v.object({ signature: v.pipe(v.string(), v.base64()), verifyOptions: Options })),
});

/** A call of a method, in our terms. */
export interface Call {
  readonly method: string;
  /** `project/policy` */
  readonly policy: string;
  /** Of the message; `undefined` for one that SignPath does not sign. */
  readonly hash: HashName | undefined;
  /** In place of the message. */
  readonly digest: Buffer | undefined;
  /** To verify. */
  readonly signature: Buffer | undefined;
  readonly deadline: Date | undefined;
}

/** @throws {Error} in words for the caller */
export function readCall(version: string, text: string): Call {
  if (version !== "1")
    throw new Error(`protocol version ${JSON.stringify(version.slice(0, 20))} is not supported: 1 is`);
  const { initOptions, methodName, signMessage, verifySignature } = decode(text);
  const options = signMessage?.signOptions ?? verifySignature?.verifyOptions;
  const { digest, hashFunc } = options?.messageOptions ?? {};
  const { ctxDeadline = initOptions.ctxDeadline } = options?.rpcOptions ?? {};
  const number = hashFunc ?? initOptions.hashFunc;
  return {
    method: methodName,
    policy: initOptions.keyResourceID.replace(/^signpath:\/\//, ""),
    hash: number ? HASHES.get(number) : "SHA-256",
    digest: digest ? Buffer.from(digest, "base64") : undefined,
    signature: verifySignature ? Buffer.from(verifySignature.signature, "base64") : undefined,
    deadline: ctxDeadline ? new Date(ctxDeadline) : undefined,
  };
}

function decode(text: string): v.InferOutput<typeof Arguments> {
  const result = v.safeParse(Arguments, parse(text), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`${v.getDotPath(issue) ?? "the second argument"} is missing or malformed`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the second argument is not JSON: this program is run by cosign and others of sigstore");
  }
}
