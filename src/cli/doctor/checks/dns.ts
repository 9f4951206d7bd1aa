import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { messageOf } from "../../../base/errors.js";
import { isSystemError } from "../../errors/cli-error.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok } from "../finding.js";
import { TookTooLong, within } from "../probes/within.js";

/** What Node's codes mean. */
const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ["ENOTFOUND", "no name server knows it (ENOTFOUND)"],
  ["EAI_AGAIN", "no name server answers (EAI_AGAIN)"],
]);

/** The addresses of whom we connect to: the API's host, or the proxy, which looks up the rest itself. */
export async function checkDns({ settings, timeoutMs, signal }: Context): Promise<Finding[]> {
  const { proxy } = settings.config;
  const target = proxy === undefined ? settings.apiUrl : new URL(proxy.url);
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const whose = proxy === undefined ? "the API's host" : "the proxy, which looks up the API's host itself";
  if (isIP(host) !== 0) return [ok(`${host} is an address (${whose})`, { host, addresses: [host] })];
  try {
    const found = await within(timeoutMs, signal, () => lookup(host, { all: true }));
    const addresses = found.map(({ address }) => address);
    const families = [...new Set(found.map(({ family }) => `IPv${family}`))].sort().join(" and ");
    return [ok(`${host} is ${addresses.join(", ")}: ${families} (${whose})`, { host, addresses })];
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof TookTooLong;
    const reason = late ? error.message : (REASONS.get(codeOf(error)) ?? messageOf(error));
    const advice =
      proxy === undefined
        ? "Check ApiUrl and the network; behind a proxy set HTTPS_PROXY, which looks names up itself."
        : "Check the proxy's address.";
    return [
      failure(
        late ? "TIMEOUT" : "CONNECTION_FAILED",
        `${host} has no address: ${reason} (${whose})`,
        advice,
        { host },
      ),
    ];
  }
}

function codeOf(error: unknown): string | undefined {
  return isSystemError(error) ? error.code : undefined;
}
