import type { ApiClient } from "../../api/client.js";
import type { Outside } from "../../api/transport/outside.js";
import { loadNetwork } from "../../config/load.js";
import { SignPath, sessionOf } from "../../signpath.js";

/**
 * Does something that needs other servers: through the client, or through connections of its own, set up as the
 * environment says.
 *
 * @throws {SignPathError} `ABORTED` where the client is closed, `CONFIG_INVALID`
 * @throws {TypeError} for a client that is none
 */
export async function through<T>(
  client: SignPath | undefined,
  work: (outside: Outside) => Promise<T>,
): Promise<T> {
  if (client !== undefined) return throughApi(await apiOf(client), work);
  const { Outside } = await import("../../api/transport/outside.js");
  const outside = new Outside(loadNetwork());
  try {
    return await work(outside);
  } finally {
    await outside.close();
  }
}

/** The same through a client that is known to be one, which stays open until then. */
export async function throughApi<T>(api: ApiClient, work: (outside: Outside) => Promise<T>): Promise<T> {
  api.begin("timestamp");
  try {
    return await work(await api.outside());
  } finally {
    api.end();
  }
}

async function apiOf(client: SignPath): Promise<ApiClient> {
  if (!(client instanceof SignPath)) throw new TypeError("client must be a SignPath");
  return (await sessionOf(client)).api;
}
