import * as v from "valibot";
import type { SigningPolicyRecord } from "../wire/policies.js";
import type { SigningRequestState } from "../wire/signing.js";

/** An answer that is not what the API's description says. The message tells which part, never its content. */
export class Undecodable extends Error {}

/** Takes secrets out of a text. */
type Redact = (text: string) => string;

const unchanged: Redact = (text) => text;

/** How deep an answer is read. */
const DEEPEST = 4;

/**
 * Object members by their names in lower case: the service has sent both camelCase and PascalCase for the same
 * member. Neither level has a prototype.
 */
function fold(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth === DEEPEST) return value;
  if (Array.isArray(value)) return value.map((entry) => fold(entry, depth + 1));
  const folded = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) {
    folded[name.toLowerCase()] = fold((value as Record<string, unknown>)[name], depth + 1);
  }
  return folded;
}

function parseJson(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Undecodable(
      text.trimStart().startsWith("<") ? "it is an HTML page, not JSON" : "it is not JSON",
    );
  }
}

function decode<Schema extends v.GenericSchema>(schema: Schema, body: Buffer): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fold(parseJson(body)), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Undecodable(
    `${v.getDotPath(issue) ?? "the body"} is ${issue.received.startsWith('"') ? "malformed" : issue.received}`,
  );
}

/** Absent and `null` are the same to the service. */
const optionalText = v.nullish(v.string());

/** An id that is safe as a path segment; a UUID as far as it has been seen. */
const REQUEST_ID = /^[0-9A-Za-z-]{1,64}$/;
const RequestId = v.pipe(v.string(), v.regex(REQUEST_ID));

/** What is only passed on, and so must be a plain word, or counts as absent. */
const optionalWord = v.fallback(v.nullish(v.pipe(v.string(), v.regex(/^\w{1,64}$/))), undefined);

/** A signature as it came, with what the server said it is of. */
export interface DecodedSignature {
  /** Standard Base64, not yet checked. */
  readonly signature: string;
  readonly hash: string | undefined;
  readonly signatureAlgorithm: string | undefined;
  readonly hashAlgorithmOid: string | undefined;
  readonly signingRequestId: string | undefined;
}

/** The answer to a fast signing request, or a signed artifact. An id that `redact` changes is none. */
export function decodeFastAnswer(body: Buffer, redact: Redact = unchanged): DecodedSignature {
  const answer = new Members(parseJson(body), "the body");
  return {
    signature: textOf(answer.get("signature"), "signature"),
    hash: optionalTextOf(answer.get("base64encodedhash"), "base64encodedhash"),
    signatureAlgorithm: optionalTextOf(answer.get("signaturealgorithm"), "signaturealgorithm"),
    hashAlgorithmOid: optionalTextOf(answer.get("rsahashalgorithm"), "rsahashalgorithm"),
    signingRequestId: requestIdOf(answer.get("signingrequestid"), redact),
  };
}

/** The answer to `SignHash`. An id that `redact` changes is none. */
export function decodeSignHashAnswer(body: Buffer, redact: Redact = unchanged): DecodedSignature {
  const answer = new Members(parseJson(body), "the body");
  const result = new Members(answer.get("hashsigningresult"), "hashsigningresult");
  const data = new Members(answer.get("hashsigningdata") ?? {}, "hashsigningdata");
  return {
    signature: textOf(result.get("signature"), "hashsigningresult.signature"),
    hash: optionalTextOf(data.get("hash"), "hashsigningdata.hash"),
    signatureAlgorithm: undefined,
    hashAlgorithmOid: undefined,
    signingRequestId: requestIdOf(answer.get("signingrequestid"), redact),
  };
}

/** An object's members by their names in lower case. Signatures are read with it, in a fifth of a schema's time. */
class Members {
  readonly #object: object;
  readonly #names: readonly string[];

  constructor(value: unknown, what: string) {
    if (typeof value !== "object" || value === null) throw wrong(what, value);
    this.#object = value;
    this.#names = Object.keys(value);
  }

  get(name: string): unknown {
    let value: unknown;
    for (const own of this.#names) {
      if (own.length === name.length && own.toLowerCase() === name) value = Reflect.get(this.#object, own);
    }
    return value;
  }
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw wrong(what, value);
}

/** Absent and `null` are the same to the service. */
function optionalTextOf(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, what);
}

function requestIdOf(value: unknown, redact: Redact): string | undefined {
  return typeof value === "string" && REQUEST_ID.test(value) && redact(value) === value ? value : undefined;
}

function wrong(what: string, value: unknown): Undecodable {
  const isPlain = typeof value !== "string" && (typeof value !== "object" || value === null);
  return new Undecodable(`${what} is ${isPlain ? String(value) : "malformed"}`);
}

const Submission = v.object({ signingrequestid: v.nullish(RequestId), weblink: optionalText });

/** The id of a submitted request: from the body, or else from the `Location` header's last segment; none that `redact` changes. */
export function decodeSubmission(
  body: Buffer,
  location: string | undefined,
  redact: Redact = unchanged,
): { id: string; webLink: string | undefined } {
  const answer = body.length === 0 ? {} : decode(Submission, body);
  const id = answer.signingrequestid ?? location?.split(/[?#]/)[0]?.replace(/\/+$/, "").split("/").at(-1);
  const checked = v.safeParse(RequestId, id);
  if (!checked.success || redact(checked.output) !== checked.output)
    throw new Undecodable("it names no signing request");
  return { id: checked.output, webLink: answer.weblink ?? undefined };
}

const State = v.object({
  status: v.picklist(["InProgress", "WaitingForApproval", "Completed", "Failed", "Denied", "Canceled"]),
  workflowstatus: optionalWord,
  isfinalstatus: v.nullish(v.boolean()),
});

const FINAL: ReadonlySet<string> = new Set(["Completed", "Failed", "Denied", "Canceled"]);

/** The state of a signing request, from its short or its long form. What goes into messages is passed through `redact`. */
export function decodeState(body: Buffer, redact: Redact = unchanged): SigningRequestState {
  const { status, workflowstatus, isfinalstatus } = decode(State, body);
  return {
    status,
    isFinalStatus: isfinalstatus ?? FINAL.has(status),
    ...(workflowstatus != null && { workflowStatus: redact(workflowstatus) }),
  };
}

/** A name that can be shown: control and formatting characters could rewrite what a terminal shows. */
const Slug = v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cf}]+$/u));

const PolicyList = v.object({ signingpolicies: v.array(v.unknown()) });

/** Of all members only the slugs must be there: what else is missing makes the policy unusable, not the list. */
const Policy = v.object({
  signingpolicyslug: Slug,
  projectslug: Slug,
  signingpolicyid: v.fallback(optionalText, undefined),
  keytype: optionalWord,
  keysizeinbits: v.fallback(v.nullish(v.number()), undefined),
  certificatebytes: v.fallback(optionalText, undefined),
  certificatetype: optionalWord,
});

/** The entries of `MySigningPolicies` that can be named. What goes into messages is passed through `redact`. */
export function decodePolicies(body: Buffer, redact: Redact = unchanged): SigningPolicyRecord[] {
  const { signingpolicies } = decode(PolicyList, body);
  return signingpolicies.flatMap((entry) => {
    const result = v.safeParse(Policy, entry);
    if (!result.success) return [];
    const policy = result.output;
    return Object.freeze({
      projectSlug: policy.projectslug,
      signingPolicySlug: policy.signingpolicyslug,
      ...(policy.signingpolicyid != null && { signingPolicyId: redact(policy.signingpolicyid) }),
      ...(policy.keytype != null && { keyType: redact(policy.keytype) }),
      ...(policy.keysizeinbits != null && { keySizeInBits: policy.keysizeinbits }),
      ...(policy.certificatebytes != null && { certificateBytes: policy.certificatebytes }),
      ...(policy.certificatetype != null && { certificateType: redact(policy.certificatetype) }),
    });
  });
}
