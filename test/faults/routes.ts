import { constants, createHash, verify } from "node:crypto";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import type { SigningPolicy, SigningRoute } from "../../src/index.js";
import type { SignPath } from "../../src/signpath.js";

/** What the tests of this folder have signed. */
export const DATA: Buffer = Buffer.from("What is signed while something goes wrong");

/** A policy, how it signs, and how its signatures are verified with no code of the client. */
export interface Signer {
  readonly slug: string;
  readonly algorithm: { readonly name: string; readonly hash: string };
  readonly verify: (publicKey: string, signature: Uint8Array, data?: Buffer) => boolean;
}

/** RSASSA-PKCS1-v1_5 with SHA-256. */
export const RSA: Signer = {
  slug: "rsa-2048",
  algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  verify: (key, signature, data = DATA) => verify("sha256", data, key, signature),
};

/** RSASSA-PSS with SHA-256 and a salt of 32 bytes. */
export const PSS: Signer = {
  slug: "rsa-2048",
  algorithm: { name: "RSA-PSS", hash: "SHA-256" },
  verify: (key, signature, data = DATA) =>
    verify("sha256", data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
};

/** ECDSA with P-256 and SHA-256. */
export const EC: Signer = {
  slug: "p-256",
  algorithm: { name: "ECDSA", hash: "SHA-256" },
  verify: (key, signature, data = DATA) =>
    verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature),
};

/** The routes, by what a person calls them. */
export type RouteTitle =
  | "MySigningPolicies"
  | "fast signing request"
  | "SignHash"
  | "submission"
  | "SubmitWithArtifact"
  | "Status"
  | "long form"
  | "SignedArtifact";

/** A route of the API, and a call that takes it. */
export interface RouteUnderTest {
  readonly title: RouteTitle;
  /** As the emulator names it. */
  readonly route: NonNullable<Exclude<Fault["route"], "*">>;
  readonly method: "GET" | "POST";
  /** The start of its requests, below HTTP. */
  readonly firstLine: RegExp;
  readonly stage: "policy" | "sign";
  readonly setting: SigningRoute;
  /** The route that the server must lack so that the client takes this one. */
  readonly inPlaceOf?: RouteUnderTest["route"];
  /** The route that the client takes where the server lacks this one. */
  readonly replacedBy?: RouteUnderTest["route"];
  /** How many requests the call makes before that of this route. */
  readonly preceding: number;
  /** When the client knows the id of the signing request: before it asks, from the answer, or never. */
  readonly requestId: "before" | "from the answer" | "never";
}

const ID = "SigningRequests/[0-9a-f-]{36}";

/** Every route that the client uses. */
export const ROUTES: readonly RouteUnderTest[] = [
  {
    title: "MySigningPolicies",
    route: "mySigningPolicies",
    method: "GET",
    firstLine: /^GET \S+\/Cryptoki\/MySigningPolicies\?/,
    stage: "policy",
    setting: "auto",
    preceding: 0,
    requestId: "never",
  },
  {
    title: "fast signing request",
    route: "signingRequests",
    method: "POST",
    firstLine: /^POST \S+\/SigningRequests /,
    stage: "sign",
    setting: "fast",
    preceding: 0,
    requestId: "never",
  },
  {
    title: "SignHash",
    route: "signHash",
    method: "POST",
    firstLine: /^POST \S+\/SigningRequests\/SignHash /,
    stage: "sign",
    setting: "sign-hash",
    preceding: 0,
    requestId: "from the answer",
  },
  {
    title: "submission",
    route: "signingRequests",
    method: "POST",
    firstLine: /^POST \S+\/SigningRequests /,
    stage: "sign",
    setting: "asynchronous",
    replacedBy: "submitWithArtifact",
    preceding: 0,
    requestId: "never",
  },
  {
    title: "SubmitWithArtifact",
    route: "submitWithArtifact",
    method: "POST",
    firstLine: /^POST \S+\/SubmitWithArtifact /,
    stage: "sign",
    setting: "asynchronous",
    inPlaceOf: "signingRequests",
    preceding: 1,
    requestId: "never",
  },
  {
    title: "Status",
    route: "signingRequestStatus",
    method: "GET",
    firstLine: new RegExp(`^GET \\S+/${ID}/Status `),
    stage: "sign",
    setting: "asynchronous",
    replacedBy: "signingRequest",
    preceding: 1,
    requestId: "before",
  },
  {
    title: "long form",
    route: "signingRequest",
    method: "GET",
    firstLine: new RegExp(`^GET \\S+/${ID} `),
    stage: "sign",
    setting: "asynchronous",
    inPlaceOf: "signingRequestStatus",
    preceding: 2,
    requestId: "before",
  },
  {
    title: "SignedArtifact",
    route: "signedArtifact",
    method: "GET",
    firstLine: new RegExp(`^GET \\S+/${ID}/SignedArtifact `),
    stage: "sign",
    setting: "asynchronous",
    preceding: 2,
    requestId: "before",
  },
];

/** Makes the call; tells whether what it gave is right. */
export async function isRight(
  { route }: RouteUnderTest,
  { slug, algorithm, verify: isBy }: Signer,
  emulator: Emulator,
  signpath: SignPath,
  policy: SigningPolicy,
  signal: AbortSignal,
): Promise<boolean> {
  if (route === "mySigningPolicies") {
    const filter = { projectSlug: "demo", signingPolicySlug: slug };
    const [first, ...others] = await signpath.policies(filter, { signal });
    return first === policy && others.length === 0 && first.reference === `demo/${slug}`;
  }
  const hash = createHash("sha256").update(DATA).digest();
  const signature = await policy.signHash(hash, algorithm, { signal });
  return isBy(await emulator.publicKeyOf(slug), signature);
}

/** The hash of a text. */
export function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
