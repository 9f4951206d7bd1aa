import { requireSignal } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { isObjectIdentifier } from "../asn1/object-identifier.js";
import { CONTENT_TYPES } from "../asn1/oids.js";
import { Chains } from "./chain/chains.js";
import type { CmsSigner, SignCmsOptions } from "./options.js";
import { contradiction, requireBoolean } from "./refusal.js";
import { readCrls, readOcspResponses } from "./revocation.js";
import type { SignerPlan } from "./signer-plan.js";
import { signerPlanOf } from "./signer-plan.js";
import { Stamping } from "./stamping.js";

/** The options with their defaults, checked. */
export interface Plan {
  readonly signers: readonly SignerPlan[];
  /** Those that the signers sign with, each once. */
  readonly hashes: readonly HashAlgorithm[];
  readonly chains: Chains;
  readonly stamping: Stamping;
  /** `RevocationInfoChoice`, each. */
  readonly crls: readonly Bytes[];
  readonly detached: boolean;
  readonly encoding: "der" | "ber" | undefined;
  readonly contentType: string;
  /** Whether the content is one DER value and no OCTET STRING. */
  readonly isAsn1: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A signature has a handful of signers: more is a mistake. */
const MOST_SIGNERS = 64;

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`, `CHAIN_INCOMPLETE`
 * @throws {TypeError} for a policy that is none, or a signing time that cannot be written
 */
export function planOf(options: SignCmsOptions): Plan {
  requireOptions(options);
  const { detached = true, encoding, contentType = CONTENT_TYPES.data, contentEncoding, signal } = options;
  requireSignal(signal);
  requireBoolean("detached", detached);
  requireChoice("encoding", encoding, ["der", "ber"]);
  requireChoice("contentEncoding", contentEncoding, ["octet-string", "asn1"]);
  if (!isObjectIdentifier(contentType)) throw contradiction("contentType is no object identifier");
  const isAsn1 = contentEncoding === "asn1";
  if (isAsn1 && contentType === CONTENT_TYPES.data)
    throw contradiction('content of type id-data is an OCTET STRING: contentEncoding "asn1" is for others');
  if (isAsn1 && encoding === "ber") throw contradiction('contentEncoding "asn1" makes DER only');
  const stamping = new Stamping(options);
  const content = { contentType, detached, hasTimestamp: stamping.isCertain, isPkcs7: isAsn1 };
  const signers = signersOf(options).map((signer) => signerPlanOf(signer, content));
  if (isAsn1 && signers.some(({ usesKeyIdentifier }) => usesKeyIdentifier))
    throw contradiction('contentEncoding "asn1" is of PKCS #7, which has no subject key identifiers');
  const chains = new Chains(options);
  return {
    signers,
    hashes: [...new Set(signers.map(({ hash }) => hash))],
    chains,
    stamping,
    crls: [...readCrls(options.crls ?? []), ...readOcspResponses(options.ocspResponses ?? [])],
    detached,
    encoding,
    contentType,
    isAsn1,
    signal,
  };
}

/** Each signer, with what the options say of one where it says nothing itself. */
function signersOf({ signers, ...shared }: SignCmsOptions): Partial<CmsSigner>[] {
  if (signers === undefined) return [shared];
  if (shared.policy !== undefined)
    throw contradiction("policy and signers are given, where one of them is meant");
  const list = [...signers];
  if (list.length === 0 || list.length > MOST_SIGNERS)
    throw contradiction(`signers must be from 1 to ${MOST_SIGNERS}, not ${list.length}`);
  // What can be iterated only once is there for each of them.
  const attributes = shared.attributes && [...shared.attributes];
  return list.map((signer) => {
    const said = Object.entries(signer).filter(([, value]) => value !== undefined);
    return { ...shared, attributes, ...Object.fromEntries(said) };
  });
}

function requireChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw contradiction(`${name} must be ${choices.map((choice) => `"${choice}"`).join(" or ")}`);
}
