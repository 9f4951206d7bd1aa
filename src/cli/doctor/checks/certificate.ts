import { describeCertificate } from "../../certificates/certificate-text.js";
import { untimely } from "../../certificates/validity.js";
import type { Context } from "../context.js";
import { policiesToCheck } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, warning } from "../finding.js";
import { perPolicy } from "../per-policy.js";

/** Whether the policies' certificates are valid now, and for a while. */
export async function checkCertificate(context: Context): Promise<Finding[]> {
  const { wanted, settings, now } = context;
  const policies = await policiesToCheck(context);
  return perPolicy(policies, ({ certificateDer }) => {
    const { validFrom, validTo, subject, issuer } = describeCertificate(certificateDer);
    const details = { validFrom, validTo, subject, issuer };
    const late = untimely({ validFrom, validTo }, now());
    if (late === undefined) return ok(`the certificate is valid until ${validTo.slice(0, 10)}`, details);
    const found = `the certificate ${late.said}`;
    if (late.code === "CERTIFICATE_EXPIRES_SOON")
      return warning(late.code, found, "Have it renewed in SignPath before that day.", details);
    const advice = "Give the policy a valid certificate in SignPath, and check this machine's clock.";
    // One of many that nobody asked for may be an old one.
    return wanted.length > 0 && settings.config.checkValidity
      ? failure("POLICY_UNUSABLE", found, advice, details)
      : warning(late.code, found, advice, details);
  });
}
