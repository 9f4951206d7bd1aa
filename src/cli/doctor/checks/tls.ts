import { networkCodeOf, reasonOf } from "../../../api/transport/failure.js";
import { isLoopback } from "../../../config/proxy.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, skipped, warning } from "../finding.js";
import type { Handshake } from "../probes/handshake.js";
import { shakeHands } from "../probes/handshake.js";
import { TookTooLong, within } from "../probes/within.js";
import { clientFinding } from "./tls-settings.js";

/** What is wrong with the server's certificate, by the code of Node or OpenSSL, and what to do about it. */
const DEFECTS: ReadonlyMap<string, readonly [string, string]> = new Map([
  [
    "CERT_HAS_EXPIRED",
    ["a certificate has expired", "The server's certificate is over, or this machine's clock is wrong."],
  ],
  [
    "CERT_NOT_YET_VALID",
    [
      "a certificate is not valid yet",
      "The server's certificate is not valid yet, or this machine's clock is wrong.",
    ],
  ],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    [
      "its certificate is of another host",
      "Check ApiUrl, and whether a proxy or a name server leads elsewhere.",
    ],
  ],
]);
const UNKNOWN_ISSUER =
  "If the issuer is one of your network's (a proxy that looks into TLS, an authority of your own), name its certificate in SIGNPATH_TLS_CA_CERTIFICATES; otherwise do not go on.";

/** The protocol, the server's certificates and whether they are trusted. */
export async function checkTls(context: Context): Promise<Finding[]> {
  const { settings, timeoutMs, signal, now } = context;
  const { apiUrl, config } = settings;
  if (apiUrl.protocol === "http:") {
    if (isLoopback(apiUrl.hostname))
      return [skipped("NOT_APPLICABLE", "plain http to this machine: there is no TLS")];
    const found = `plain http to ${apiUrl.host}: the network can read the API token`;
    return [warning("PLAIN_HTTP", found, "Use https.")];
  }
  try {
    const socket = await context.connect();
    const handshake = await within(timeoutMs, signal, (ended) =>
      shakeHands(socket, apiUrl, config.tls, ended),
    );
    const { client, defect } = handshake;
    const isShown = client !== undefined && defect === undefined;
    return [serverFinding(handshake), ...(isShown ? [clientFinding(client, now())] : [])];
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof TookTooLong;
    const found = `no TLS connection to ${apiUrl.host}: ${late ? error.message : reasonOf(error)}`;
    const advice =
      "Check that ApiUrl leads to a server of https and, where it wants one, the client certificate (SIGNPATH_TLS_CLIENT_CERTIFICATE).";
    return [failure(late ? "TIMEOUT" : networkCodeOf(error), found, advice)];
  }
}

function serverFinding({ protocol, defect, chain, names }: Handshake): Finding {
  const [leaf] = chain;
  const last = chain.at(-1);
  const whose =
    leaf === undefined
      ? "without a certificate"
      : `${leaf.subject}, issued by ${last?.issuer === leaf.issuer ? leaf.issuer : `${leaf.issuer} below ${last?.issuer}`}, until ${leaf.validTo.slice(0, 10)}`;
  const details = { protocol, chain, names };
  if (defect === undefined) return ok(`${protocol}, ${whose}`, details);
  const [reason, advice] = DEFECTS.get(defect) ?? [
    "it leads to no authority that is trusted",
    UNKNOWN_ISSUER,
  ];
  const found = `the server is not trusted: ${reason} (${defect}; ${protocol}, ${whose}, for ${names || "no name"})`;
  return failure("TLS_FAILED", found, advice, details);
}
