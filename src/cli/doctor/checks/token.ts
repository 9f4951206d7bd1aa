import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failureOf, ok } from "../finding.js";

/** Whether the service takes the API token, without anything being signed. */
export async function checkToken({ service, settings }: Context): Promise<Finding[]> {
  const { error } = await service();
  const { found } = settings;
  const place = found.find(({ setting }) => setting === "apiToken")?.place;
  if (error?.code === "AUTHENTICATION_FAILED") return [failureOf(error, { place })];
  const isRefused = error?.code === "FORBIDDEN";
  return [ok(`the API token is ${isRefused ? "known" : "accepted"} (${place})`, { place })];
}
