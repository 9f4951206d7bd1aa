import type { CallOptions } from "../../../api/transport/request.js";
import { requireSignal } from "../../../base/abort.js";
import type { Bytes } from "../../../base/bytes.js";
import { requireOptions } from "../../../base/options.js";
import { digestSource } from "../../../subtle/digest.js";
import { ATTRIBUTES } from "../../asn1/oids.js";
import { attribute } from "../attribute-input.js";
import { Chains } from "../chain/chains.js";
import { Lookalike } from "../lookalike.js";
import { asOperation } from "../operation.js";
import type { CertificateOptions, CmsSigner, TimestampChoices } from "../options.js";
import { refused } from "../refusal.js";
import type { SigningJob } from "../sign-content.js";
import { signAll } from "../sign-content.js";
import type { SignerInfo } from "../signer-info.js";
import { encodeSignerInfo } from "../signer-info.js";
import type { SignerPlan } from "../signer-plan.js";
import { signerPlanOf } from "../signer-plan.js";
import { Stamping } from "../stamping.js";
import type { ExistingCms, ExistingSigner } from "./read.js";
import { readCms } from "./read.js";
import { rebuild } from "./rebuild.js";

/** Who signs a signature, and which one. */
export interface CounterSignOptions extends CallOptions, CmsSigner, CertificateOptions, TimestampChoices {
  /** Index of the SignerInfo, as they stand in the CMS signature. Default: all of them. */
  readonly signer?: number | undefined;
}

/**
 * Signs the signatures in a CMS signature (RFC 5652, section 11.4): each gets an unsigned attribute countersignature. What
 * was there stays as it was, byte for byte.
 *
 * @param cms - DER or BER; an attached one is held in memory
 * @returns the signature with its countersignatures
 * @throws {SignPathError} those of `signCms`; `REQUEST_REJECTED` for what is no CMS signature, or has no such signer
 */
export async function counterSign(cms: Uint8Array, options: CounterSignOptions): Promise<Bytes> {
  requireOptions(options);
  const existing = readCms(cms);
  const chosen = chosenFrom(existing, options.signer);
  const { signal } = options;
  requireSignal(signal);
  const stamping = new Stamping(options);
  const plan = signerPlanOf(options, {
    contentType: undefined,
    detached: true,
    hasTimestamp: stamping.isCertain,
  });
  const chains = new Chains(options, existing.certificates);
  const stamped = await asOperation([plan], async () => {
    await chains.prepare([plan], signal);
    const jobs = await Promise.all(chosen.map((signer) => jobOf(signer, plan)));
    const signed = await signAll(jobs, chains, signal);
    return stamping.stamp(
      jobs.map(({ signer }) => signer),
      signed,
    );
  });
  const signerInfos = existing.signers.map((signer) => {
    const signed = stamped.signed[chosen.indexOf(signer)];
    return signed === undefined ? signer.bytes : encodeSignerInfo(withAttribute(signer, signed.signerInfo));
  });
  const whole = rebuild(existing, {
    certificates: stamped.signed.flatMap(({ certificates }) => certificates),
    signerInfos,
    signerVersions: existing.signers.map(({ version }) => version),
  });
  stamping.settle(stamped, () => whole);
  return whole;
}

async function jobOf({ signature }: ExistingSigner, signer: SignerPlan): Promise<SigningJob> {
  const lookalike = new Lookalike([signer]);
  const digest = await digestSource(signer.hash, lookalike.watch(signature, undefined));
  await lookalike.refuse();
  return { signer, digest };
}

function withAttribute(signer: ExistingSigner, counterSignature: SignerInfo): ExistingSigner {
  const { der } = attribute(ATTRIBUTES.countersignature, encodeSignerInfo(counterSignature));
  return { ...signer, unsigned: [...signer.unsigned, der] };
}

function chosenFrom({ signers }: ExistingCms, index: unknown): readonly ExistingSigner[] {
  const chosen = index === undefined ? signers : signers.filter((_signer, at) => at === index);
  if (chosen.length > 0) return chosen;
  const asked = index === undefined ? "no signer" : `no signer ${String(index)}, counted from 0`;
  throw refused("REQUEST_REJECTED", `the CMS signature has ${asked}; nothing was sent`);
}
