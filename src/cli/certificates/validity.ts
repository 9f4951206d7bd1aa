import type { CertificateText } from "./certificate-text.js";

/** How a certificate is not good for a while. */
export type Untimely = "CERTIFICATE_EXPIRED" | "CERTIFICATE_NOT_YET_VALID" | "CERTIFICATE_EXPIRES_SOON";

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;

/** What is to be said of a certificate's validity, if it is not good for a while. */
export function untimely(
  { validFrom, validTo }: Pick<CertificateText, "validFrom" | "validTo">,
  now: number,
): { readonly code: Untimely; readonly said: string } | undefined {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const [first, last] = [validFrom, validTo].map((date) => date.replace(/\.\d+Z$/, "Z"));
  if (now < from) return { code: "CERTIFICATE_NOT_YET_VALID", said: `is not valid before ${first}` };
  if (now > to) return { code: "CERTIFICATE_EXPIRED", said: `expired on ${last}` };
  if (to - now > SOON_MS) return undefined;
  const days = Math.floor((to - now) / DAY_MS);
  return {
    code: "CERTIFICATE_EXPIRES_SOON",
    said: `expires on ${last}, in ${days === 1 ? "1 day" : `${days} days`}`,
  };
}
