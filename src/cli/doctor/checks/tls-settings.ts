import { access, constants } from "node:fs/promises";
import type { TlsConfig } from "../../../config/config.js";
import { readCertificates } from "../../../policy/chain.js";
import type { CertificateText } from "../../certificates/certificate-text.js";
import { describeCertificate } from "../../certificates/certificate-text.js";
import { untimely } from "../../certificates/validity.js";
import { reasonOf } from "../../errors/cli-error.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, warning } from "../finding.js";

/** The authorities that are trusted beside Node's, and the certificate that we show; never its key. */
export async function checkTlsSettings(context: Context): Promise<Finding[]> {
  const { settings, env } = context;
  const findings: Finding[] = [];
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") findings.push(checksAreOff());
  const extra = env["NODE_EXTRA_CA_CERTS"];
  if (extra) findings.push(await extraAuthorities(extra));
  const defect = settings.defects.find(({ setting }) => setting === "tls");
  if (defect !== undefined)
    return [
      ...findings,
      failure("CONFIG_INVALID", defect.said, "Name files that can be read, in PEM or PFX."),
    ];
  const { tls } = settings.config;
  findings.push(...authorities(tls, context.now()), ...clientCertificate(tls, context.now()));
  return findings.length > 0
    ? findings
    : [ok("Node's own authorities are trusted; no client certificate is set")];
}

function checksAreOff(): Finding {
  return failure(
    "CONFIG_INVALID",
    "variable NODE_TLS_REJECT_UNAUTHORIZED is 0: whoever stands between gets the API token",
    "Unset it, and name the authority that is not known in SIGNPATH_TLS_CA_CERTIFICATES.",
  );
}

async function extraAuthorities(path: string): Promise<Finding> {
  const details = { variable: "NODE_EXTRA_CA_CERTS", file: path };
  try {
    await access(path, constants.R_OK);
    return ok(`authorities in ${path} are trusted, too (variable NODE_EXTRA_CA_CERTS)`, details);
  } catch (error) {
    const found = `${path}, which variable NODE_EXTRA_CA_CERTS names, cannot be read: ${reasonOf(error)}`;
    return warning(
      "FILE_UNREADABLE",
      found,
      "Node.js goes on without it: correct the path or unset it.",
      details,
    );
  }
}

function authorities({ ca }: TlsConfig, now: number): Finding[] {
  return readCertificates(ca ?? []).map((der) => {
    const certificate = describeCertificate(der);
    const { subject, validTo } = certificate;
    const late = untimely(certificate, now);
    const details = { authority: certificate };
    if (late === undefined)
      return ok(`authority ${subject} is trusted, too; it is valid until ${validTo.slice(0, 10)}`, details);
    return warning(
      late.code,
      `authority ${subject} ${late.said}`,
      "Put its successor into the file.",
      details,
    );
  });
}

function clientCertificate({ cert, pfx }: TlsConfig, now: number): Finding[] {
  if (pfx !== undefined)
    return [ok("a client certificate is set, as PFX, which opens; stage tls shows it where there is TLS")];
  const [der] = readCertificates(cert === undefined ? [] : [cert]);
  return der === undefined ? [] : [clientFinding(describeCertificate(der), now)];
}

/** What there is to say of our own certificate. */
export function clientFinding(certificate: CertificateText, now: number): Finding {
  const { subject, issuer, validTo } = certificate;
  const details = { clientCertificate: certificate };
  const late = untimely(certificate, now);
  if (late === undefined)
    return ok(`client certificate ${subject} of ${issuer} is valid until ${validTo.slice(0, 10)}`, details);
  const found = `client certificate ${subject} ${late.said}`;
  return late.code === "CERTIFICATE_EXPIRES_SOON"
    ? warning(late.code, found, "Have it renewed.", details)
    : failure("TLS_FAILED", found, "Have it renewed: servers refuse it.", details);
}
