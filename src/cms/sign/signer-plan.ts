import { types } from "node:util";
import type { AlgorithmName } from "../../key/algorithms.js";
import type { SignPathCryptoKey } from "../../key/crypto-key.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import type { HashName } from "../../wire/signing.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../asn1/oids.js";
import type { EncodedAttribute } from "./attribute-input.js";
import { contentHints, mimeTypeAttribute, readAttributes } from "./attribute-input.js";
import type { CmsSigner } from "./options.js";
import type { Profile } from "./profiles.js";
import { PROFILES } from "./profiles.js";
import { contradiction, refused, requireBoolean } from "./refusal.js";
import { subjectKeyIdentifier } from "./signer-identifier.js";

/** What is signed, as far as it decides which attributes there may be. */
export interface ContentPlan {
  /** Object identifier; none where a signature is signed (RFC 5652, section 11.4). */
  readonly contentType: string | undefined;
  readonly detached: boolean;
  /** Whether the signature will have a timestamp for certain. */
  readonly hasTimestamp: boolean;
  /** Whether it is signed in the form of PKCS #7. Default: `false`. */
  readonly isPkcs7?: boolean;
}

/** The options of one signer with their defaults, checked. */
export interface SignerPlan {
  readonly policy: SigningPolicy;
  readonly key: SignPathCryptoKey & CryptoKey;
  /** WebCrypto's name. */
  readonly algorithm: AlgorithmName;
  readonly hash: HashAlgorithm;
  readonly usesKeyIdentifier: boolean;
  /** Whether algorithms are written as PKCS #7 has them (RFC 2315). */
  readonly isPkcs7: boolean;
  /** `undefined`: no signed attributes. */
  readonly attributes: AttributePlan | undefined;
}

/** The signed attributes beside contentType and messageDigest. */
export interface AttributePlan {
  readonly contentType: string | undefined;
  readonly signingTime: Date | undefined;
  readonly signingCertificate: boolean;
  readonly algorithmProtection: boolean;
  readonly others: readonly EncodedAttribute[];
}

const HASH_CHOICES: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];
const PADDING_CHOICES: ReadonlyMap<unknown, AlgorithmName> = new Map([
  ["pkcs1", "RSASSA-PKCS1-v1_5"],
  ["pss", "RSA-PSS"],
]);
const IDENTIFIER_CHOICES: ReadonlyMap<unknown, boolean> = new Map([
  ["issuerAndSerialNumber", false],
  ["subjectKeyIdentifier", true],
]);

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`
 * @throws {TypeError} for a policy that is none, or a signing time that cannot be written
 */
export function signerPlanOf(signer: Partial<CmsSigner>, content: ContentPlan): SignerPlan {
  const { policy, signerIdentifier = "issuerAndSerialNumber", profile: profileName = "cms" } = signer;
  if (!(policy instanceof SigningPolicy))
    throw new TypeError("policy must be one that a SignPath client gave");
  const hash = hashOf(signer.hash);
  const algorithm = algorithmOf(policy, signer.padding);
  const profile = PROFILES.get(profileName);
  if (profile === undefined)
    throw contradiction(`there is no profile ${String(profileName)}: ${[...PROFILES.keys()].join(", ")} are`);
  requireContent(profile, content);
  const usesKeyIdentifier = IDENTIFIER_CHOICES.get(signerIdentifier);
  if (usesKeyIdentifier === undefined)
    throw contradiction(`signerIdentifier must be ${[...IDENTIFIER_CHOICES.keys()].join(" or ")}`);
  const key = policy.privateKey({ name: algorithm, hash: hash.name }) as SignPathCryptoKey & CryptoKey;
  if (usesKeyIdentifier) subjectKeyIdentifier(policy.certificateDer, policy.reference);
  return {
    policy,
    key,
    algorithm,
    hash,
    usesKeyIdentifier,
    isPkcs7: content.isPkcs7 ?? false,
    attributes: attributesOf(signer, profile, content),
  };
}

function hashOf(given: HashName = "SHA-256"): HashAlgorithm {
  const hash = HASH_CHOICES.includes(given) ? HASH_ALGORITHMS.get(given) : undefined;
  if (hash !== undefined) return hash;
  throw unsupported(`CMS is signed with ${HASH_CHOICES.join(", ")}, not with ${String(given)}`);
}

function algorithmOf(policy: SigningPolicy, padding: unknown): AlgorithmName {
  if (padding !== undefined && !PADDING_CHOICES.has(padding))
    throw unsupported(`there is no padding ${String(padding)}: pkcs1 and pss are`);
  if (policy.keyType !== "EC") return PADDING_CHOICES.get(padding) ?? "RSASSA-PKCS1-v1_5";
  if (padding === undefined) return "ECDSA";
  throw unsupported(`padding is for RSA keys; ${policy.reference} has an EC key`);
}

function unsupported(message: string): Error {
  return refused("ALGORITHM_NOT_SUPPORTED", message);
}

function requireContent(profile: Profile, { contentType, detached, hasTimestamp }: ContentPlan): void {
  if (profile.timestampRequired && !hasTimestamp)
    throw contradiction(
      `profile ${profile.name} needs a timestamp: give the option timestamp, and do not do without it`,
    );
  if (profile.detachedDataOnly && (!detached || contentType !== CONTENT_TYPES.data))
    throw contradiction(`profile ${profile.name} signs detached content of type id-data only`);
}

function attributesOf(
  signer: Partial<CmsSigner>,
  profile: Profile,
  { contentType }: ContentPlan,
): AttributePlan | undefined {
  const { signedAttributes = true, signingCertificate = true, algorithmProtection = false } = signer;
  requireBoolean("signedAttributes", signedAttributes);
  requireBoolean("signingCertificate", signingCertificate);
  requireBoolean("algorithmProtection", algorithmProtection);
  const signingTime = signingTimeOf(signer.signingTime, profile, signedAttributes);
  const others = othersOf(signer, profile, contentType);
  if (profile.signingCertificateRequired && !(signedAttributes && signingCertificate))
    throw contradiction(`profile ${profile.name} needs the signed attribute signing-certificate-v2`);
  if (!signedAttributes) {
    const isGiven = signer.signingCertificate === true || algorithmProtection || others.length > 0;
    if (isGiven || types.isDate(signer.signingTime))
      throw contradiction("signed attributes are given, and signedAttributes is false");
    if (contentType !== undefined && contentType !== CONTENT_TYPES.data)
      throw contradiction(`content of type ${contentType} must be signed with signed attributes (RFC 5652)`);
    return undefined;
  }
  const written = [
    ATTRIBUTES.contentType,
    ATTRIBUTES.messageDigest,
    ...(signingTime !== undefined || profile.signingTime === "forbidden" ? [ATTRIBUTES.signingTime] : []),
    ...(signingCertificate ? [ATTRIBUTES.signingCertificateV2] : []),
    ...(algorithmProtection ? [ATTRIBUTES.algorithmProtection] : []),
  ];
  requireOnce([...written, ...others.map(({ type }) => type)]);
  return { contentType, signingTime, signingCertificate, algorithmProtection, others };
}

function requireOnce(attributeTypes: readonly string[]): void {
  const twice = attributeTypes.find((type, index) => attributeTypes.indexOf(type) !== index);
  if (twice !== undefined)
    throw contradiction(`the attribute ${twice} would be there twice, or is none that a caller can give`);
}

function signingTimeOf(
  wanted: unknown,
  { name, signingTime: rule }: Profile,
  signedAttributes: boolean,
): Date | undefined {
  // A date can be changed while the content is read.
  const given = types.isDate(wanted) ? new Date(wanted) : wanted;
  if (given !== undefined && given !== false) requireTime(given);
  if (rule === "forbidden" && types.isDate(given))
    throw contradiction(`profile ${name} has no signing time attribute`);
  if (rule === "required" && given === false)
    throw contradiction(`profile ${name} needs the signing time attribute`);
  if (given === false || rule === "forbidden" || !signedAttributes) return undefined;
  return types.isDate(given) ? given : new Date();
}

/** GeneralizedTime has four digits for the year (RFC 5652, section 11.3). */
function requireTime(time: unknown): void {
  const year = types.isDate(time) ? time.getUTCFullYear() : Number.NaN;
  if (!(year >= 0 && year <= 9999))
    throw new TypeError("signingTime must be a Date of the years 0 to 9999, or false");
}

function othersOf(
  { attributes = [], contentHint, mimeType }: Partial<CmsSigner>,
  profile: Profile,
  contentType: string | undefined,
): EncodedAttribute[] {
  const others = [
    ...(contentHint === undefined ? [] : [contentHints(contentHint)]),
    ...(mimeType === undefined ? [] : [mimeTypeAttribute(mimeType)]),
    ...readAttributes(attributes),
  ];
  const description = others.find(
    ({ type }) => type === ATTRIBUTES.contentHint || type === ATTRIBUTES.mimeType,
  );
  if (description !== undefined && contentType === undefined)
    throw contradiction("a signature that is signed has no content to describe");
  if (description !== undefined && !profile.descriptionAllowed)
    throw contradiction(`profile ${profile.name} has no attribute ${description.type}`);
  return others;
}
