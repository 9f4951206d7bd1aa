/** The one project of the emulator. */
export const PROJECT_SLUG = "demo";

/** The one artifact configuration of the project. */
export const ARTIFACT_CONFIGURATION_SLUG = "hash-signing-data";

/** The curves of the emulator's keys, by their WebCrypto names. */
export type CurveName = "P-256" | "P-384" | "P-521";

/** What key a policy has. */
export type KeySpec =
  | { readonly type: "Rsa"; readonly bits: number }
  | { readonly type: "Ecdsa"; readonly bits: number; readonly curve: CurveName };

/** What does not change about a signing policy while the emulator runs. */
export interface PolicyDefinition {
  readonly slug: string;
  readonly id: string;
  readonly key: KeySpec;
  /** The policy whose key this one has as well: with SignPath, a key does not identify its policy. */
  readonly sharesKeyOf?: string;
  readonly certificateType: "X509" | "Gpg";
  readonly approval: boolean;
  /** Whether the user that there is by default is a submitter. */
  readonly submitter: boolean;
}

/** One signing policy of the emulator. */
export interface EmulatorPolicy {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly signingPolicyId: string;
  readonly keyType: "Rsa" | "Ecdsa";
  readonly keySizeInBits: number;
  /** The curve of an elliptic curve key. */
  readonly namedCurve?: CurveName;
  /** `Gpg`: a key without an X.509 certificate. */
  readonly certificateType: "X509" | "Gpg";
  /** Whether somebody has to approve each signing request: fast ones are refused. */
  readonly approval: boolean;
  /** Whether the token's user may submit. If not, the policy is not listed and answers 403. */
  readonly submitter: boolean;
}

function define(
  number: number,
  slug: string,
  key: KeySpec,
  more: Partial<Pick<PolicyDefinition, "sharesKeyOf" | "certificateType" | "approval" | "submitter">> = {},
): PolicyDefinition {
  const id = `90110000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  return Object.freeze({
    slug,
    id,
    key,
    certificateType: "X509",
    approval: false,
    submitter: true,
    ...more,
  });
}

/** Every policy of the project, in the order in which they are listed. */
export const POLICIES: readonly PolicyDefinition[] = Object.freeze([
  define(1, "rsa-2048", { type: "Rsa", bits: 2048 }),
  define(2, "rsa-3072", { type: "Rsa", bits: 3072 }),
  define(3, "rsa-4096", { type: "Rsa", bits: 4096 }),
  define(4, "p-256", { type: "Ecdsa", bits: 256, curve: "P-256" }),
  define(5, "p-384", { type: "Ecdsa", bits: 384, curve: "P-384" }),
  define(6, "p-521", { type: "Ecdsa", bits: 521, curve: "P-521" }),
  define(7, "approval", { type: "Rsa", bits: 2048 }, { approval: true, sharesKeyOf: "rsa-2048" }),
  define(8, "forbidden", { type: "Ecdsa", bits: 256, curve: "P-256" }, { submitter: false }),
  define(9, "gpg", { type: "Rsa", bits: 2048 }, { certificateType: "Gpg" }),
]);

const BY_SLUG: ReadonlyMap<string, PolicyDefinition> = new Map(
  POLICIES.map((policy) => [policy.slug, policy]),
);

/** Slugs are compared as they are written: nothing tells whether the service would forgive another case. */
export function findPolicy(projectSlug: string, slug: string): PolicyDefinition | undefined {
  return projectSlug === PROJECT_SLUG ? BY_SLUG.get(slug) : undefined;
}

/** The policy that a caller of the emulator's own functions means by its slug. */
export function requirePolicy(slug: string): PolicyDefinition {
  const policy = BY_SLUG.get(slug);
  if (policy === undefined) {
    throw new RangeError(
      `The emulator has no signing policy '${slug}'; it has ${[...BY_SLUG.keys()].join(", ")}.`,
    );
  }
  return policy;
}

/** All policies, as a user meets them who may submit to some. */
export function listPolicies(submitter: ReadonlySet<string>): EmulatorPolicy[] {
  return POLICIES.map((policy) => ({
    projectSlug: PROJECT_SLUG,
    signingPolicySlug: policy.slug,
    signingPolicyId: policy.id,
    keyType: policy.key.type,
    keySizeInBits: policy.key.bits,
    ...(policy.key.type === "Ecdsa" && { namedCurve: policy.key.curve }),
    certificateType: policy.certificateType,
    approval: policy.approval,
    submitter: submitter.has(policy.slug),
  }));
}
