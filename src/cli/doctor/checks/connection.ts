import { reasonOf } from "../../../api/transport/failure.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok } from "../finding.js";
import { authorityOf } from "../probes/tunnel.js";
import { TookTooLong } from "../probes/within.js";

/** Whether something listens where the API is. */
export async function checkConnection({ settings, connect, signal }: Context): Promise<Finding[]> {
  const target = authorityOf(settings.apiUrl);
  const { proxy } = settings.config;
  const way = proxy === undefined ? "" : " through the proxy";
  try {
    (await connect()).destroy();
    return [ok(`${target} is reached${way}`, { target })];
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof TookTooLong;
    const reason = late ? error.message : reasonOf(error);
    const advice = `Check ApiUrl, and that a firewall lets connections to ${target} through.`;
    return [
      failure(late ? "TIMEOUT" : "CONNECTION_FAILED", `${target} is not reached${way}: ${reason}`, advice, {
        target,
      }),
    ];
  }
}
