import * as v from "valibot";
import type { EcdsaSignatureFormat, SignatureAlgorithm } from "../../wire/signing.js";
import type { Decision } from "../ledger/entry.js";

/** The version of the file, which its first line gives. */
export const VERSION = 1;

/** Milliseconds of the epoch. */
type Time = number;

interface AttemptLine {
  readonly id: string;
  readonly organizationId: string;
  readonly user?: string | undefined;
  readonly route: "signingRequests" | "submitWithArtifact" | "signHash";
  readonly fast: boolean;
  readonly projectSlug?: string | undefined;
  readonly signingPolicySlug?: string | undefined;
  readonly payload?: PayloadLine | undefined;
  /** The `ref` of the line that has the metadata. */
  readonly metadata?: number | undefined;
  /** Whether the payload had the metadata in it. */
  readonly echoes?: boolean | undefined;
  readonly description?: string | undefined;
  readonly submittedAt: Time;
  readonly durationMs: number;
}

export interface PayloadLine {
  readonly SignatureAlgorithm: SignatureAlgorithm;
  RsaHashAlgorithm?: string | undefined;
  readonly EcdsaSignatureFormat?: EcdsaSignatureFormat | undefined;
  readonly Base64EncodedHash: string;
}

export interface DecisionLine {
  readonly verdict: Decision["verdict"];
  readonly by?: string | undefined;
  readonly at: Time;
  readonly comment?: string | undefined;
}

export interface RefusedLine extends AttemptLine {
  readonly kind: "refused";
  readonly refusal: { readonly status: number; readonly problem: string };
}

export interface RequestLine extends AttemptLine {
  readonly kind: "request";
  readonly user: string;
  readonly signingPolicySlug: string;
  readonly payload: PayloadLine;
  /** The `ref` of the line that has the key's id and the certificate. */
  readonly key: number;
  readonly approvalsNeeded: number;
  readonly expiresAt?: Time | undefined;
  readonly readyAt?: Time | undefined;
  readonly decisions?: readonly DecisionLine[] | undefined;
  /** Base64. */
  readonly signature?: string | undefined;
}

/** What a line of the file says. Metadata and keys have lines of their own, before those that need them. */
export type Line =
  | { readonly kind: "metadata"; readonly ref: number; readonly value?: unknown }
  | {
      readonly kind: "key";
      readonly ref: number;
      readonly keyId: string;
      /** Base64. */
      readonly certificate?: string | undefined;
    }
  | RequestLine
  | RefusedLine
  | {
      readonly kind: "decision";
      readonly id: string;
      readonly decision: DecisionLine;
      readonly readyAt?: Time | undefined;
    }
  | { readonly kind: "signature"; readonly id: string; readonly signature: string };

const text = v.string();
const number = v.number();
const maybeText = v.optional(text);
const maybeNumber = v.optional(number);
/** What a `Date` can hold. */
const time = v.pipe(number, v.minValue(-8.64e15), v.maxValue(8.64e15));

const decision = v.object({
  verdict: v.picklist(["approved", "denied", "canceled", "failed", "expired"]),
  by: maybeText,
  at: time,
  comment: maybeText,
});
const payload = v.object({
  SignatureAlgorithm: v.picklist(["RsaPkcs1", "RsaPss", "Ecdsa"]),
  RsaHashAlgorithm: maybeText,
  EcdsaSignatureFormat: v.optional(v.picklist(["Ieee", "Asn1"])),
  Base64EncodedHash: text,
});
const attempt = {
  id: text,
  organizationId: text,
  user: maybeText,
  route: v.picklist(["signingRequests", "submitWithArtifact", "signHash"]),
  fast: v.boolean(),
  projectSlug: maybeText,
  signingPolicySlug: maybeText,
  payload: v.optional(payload),
  metadata: maybeNumber,
  echoes: v.optional(v.boolean()),
  description: maybeText,
  submittedAt: time,
  durationMs: number,
};

const LINE: v.GenericSchema<unknown, Line> = v.variant("kind", [
  v.object({
    kind: v.literal("request"),
    ...attempt,
    user: text,
    signingPolicySlug: text,
    payload,
    key: number,
    approvalsNeeded: number,
    expiresAt: v.optional(time),
    readyAt: v.optional(time),
    decisions: v.optional(v.array(decision)),
    signature: maybeText,
  }),
  v.object({
    kind: v.literal("refused"),
    ...attempt,
    refusal: v.object({ status: number, problem: text }),
  }),
  v.object({ kind: v.literal("metadata"), ref: number, value: v.unknown() }),
  v.object({ kind: v.literal("key"), ref: number, keyId: text, certificate: maybeText }),
  v.object({ kind: v.literal("decision"), id: text, decision, readyAt: v.optional(time) }),
  v.object({ kind: v.literal("signature"), id: text, signature: text }),
]);

/** `undefined` where the text is no line of this version. */
export function decodeLine(given: string): Line | undefined {
  try {
    const { success, output } = v.safeParse(LINE, JSON.parse(given));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

/** The version that a first line gives. */
export function versionOf(given: string): number | undefined {
  try {
    const { success, output } = v.safeParse(v.object({ version: number }), JSON.parse(given));
    return success ? output.version : undefined;
  } catch {
    return undefined;
  }
}
