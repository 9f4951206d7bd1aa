import type { Bytes } from "../../../base/bytes.js";
import { buildChain, isSelfSigned, readCertificates } from "../../../policy/chain.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { readCertificateFiles } from "../../certificates/certificate-files.js";
import { describeCertificate } from "../../certificates/certificate-text.js";
import { untimely } from "../../certificates/validity.js";
import type { Context } from "../context.js";
import { policiesToCheck } from "../context.js";
import type { Finding } from "../finding.js";
import { failureOf, ok, warning } from "../finding.js";
import { perPolicy } from "../per-policy.js";
import { issuersByAddress } from "../probes/issuers.js";

/** Whether the issuers that go into signatures lead to a root. */
export async function checkChain(context: Context): Promise<Finding[]> {
  const { place, paths } = context.issuers;
  let given: Bytes[];
  try {
    given = readCertificates(await readCertificateFiles(place, paths));
  } catch (error) {
    return [failureOf(error)];
  }
  const policies = await policiesToCheck(context);
  const fetched = await issuersByAddress(context, policies, given);
  return perPolicy(policies, (policy) => {
    const alone = buildChain(policy.certificateDer, given);
    if (isComplete(alone)) return complete(alone, `the certificates of ${place}`, context.now());
    const longer = buildChain(policy.certificateDer, [...given, ...fetched.certificates]);
    if (isComplete(longer))
      return complete(longer, "the addresses in the certificates (--aia)", context.now());
    return incomplete(policy, longer, fetched, context);
  });
}

function isComplete(chain: readonly Bytes[]): boolean {
  const last = chain.at(-1);
  return last !== undefined && isSelfSigned(last);
}

function complete([, ...issuers]: readonly Bytes[], source: string, now: number): Finding {
  const described = issuers.map(describeCertificate);
  const root = described.at(-1);
  const details = { issuers: described };
  const late = described.find((each) => untimely(each, now) !== undefined);
  const said = late && untimely(late, now);
  if (late === undefined || said === undefined)
    return ok(
      root === undefined ? "the certificate is a root itself" : `${source} lead to ${root.subject}`,
      details,
    );
  return warning(
    said.code,
    `the issuer ${late.subject} ${said.said}`,
    "Get its successor from whoever issued the certificate.",
    details,
  );
}

function incomplete(
  { certificateDer }: SigningPolicy,
  chain: readonly Bytes[],
  { addresses, failures }: Awaited<ReturnType<typeof issuersByAddress>>,
  { aia, issuers: { place } }: Context,
): Finding {
  const last = describeCertificate(chain.at(-1) ?? certificateDer);
  const details = { missing: last.issuer, addresses };
  const tried = failures.length === 0 ? "" : ` (${failures.join("; ")})`;
  const found = `the issuer ${last.issuer} is missing: a verifier must have it, or refuses the signature${tried}`;
  const give = `Name a file with the issuers in ${place}`;
  if (addresses.length === 0) return warning("CHAIN_INCOMPLETE", found, `${give}.`, details);
  const offered = `${addresses.join(", ")} may have it`;
  const advice = aia ? `${give}.` : `${give}, or try --aia: ${offered}.`;
  return warning("CHAIN_INCOMPLETE", found, advice, details);
}
