import { networkCodeOf, reasonOf } from "../../../api/transport/failure.js";
import { messageOf } from "../../../base/errors.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, skipped } from "../finding.js";
import { authorityOf } from "../probes/tunnel.js";
import { TookTooLong } from "../probes/within.js";

const ADVICE: ReadonlyMap<number, string> = new Map([
  [407, "It wants a user name and a password: http://name:password@host:port"],
  [403, "It does not allow this target: ask who runs it."],
  [405, "It opens no tunnels (CONNECT): ask who runs it."],
]);

/** Whether the API is reached through a proxy, what names it, and whether it opens a tunnel. */
export async function checkProxy({ settings, tunnel, signal }: Context): Promise<Finding[]> {
  const { config, proxyPlace, proxyExemption, apiUrl } = settings;
  const { proxy } = config;
  if (proxy === undefined) {
    if (proxyExemption === undefined) return [skipped("NOT_CONFIGURED", "no proxy is set")];
    const { place, by } = proxyExemption;
    const why = by === "loopback" ? "it is this machine" : "NO_PROXY lists it";
    return [ok(`${apiUrl.host} is reached without the proxy of ${place}: ${why}`, { place, exempt: by })];
  }
  const details = { proxy: proxy.url, place: proxyPlace, credentials: proxy.authorization !== undefined };
  const name = `the proxy ${new URL(proxy.url).host} (${proxyPlace})`;
  try {
    const { status, socket } = await tunnel();
    socket.destroy();
    if (status >= 200 && status < 300)
      return [ok(`${name} opens a tunnel to ${authorityOf(apiUrl)}`, { ...details, status })];
    // By RFC 9110 it is 407; some say 401 to what is wrong.
    const isRefused = (status === 407 || status === 401) && details.credentials;
    const advice = isRefused
      ? "It does not take the user name and the password: check them."
      : (ADVICE.get(status) ??
        (status >= 500 ? "It does not reach the target, or is overloaded." : "Ask who runs it."));
    const found = `${name} refuses a tunnel to ${authorityOf(apiUrl)} with status ${status}`;
    return [failure("CONNECTION_FAILED", found, advice, { ...details, status })];
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof TookTooLong;
    const reason = late ? error.message : reasonOf(error) || messageOf(error);
    const code = late ? "TIMEOUT" : networkCodeOf(error);
    const advice = "Check its address and that it runs, or list the API's host in NO_PROXY.";
    return [failure(code, `${name} does not answer: ${reason}`, advice, details)];
  }
}
