import { Outside } from "../../api/transport/outside.js";
import { loadNetwork } from "../../config/load.js";
import { SignPath, sessionOf } from "../../signpath.js";

/**
 * Does something that needs other servers: through the client, which stays open until then, or through connections of its
 * own, set up as the environment says.
 *
 * @throws {SignPathError} `ABORTED` where the client is closed, `CONFIG_INVALID`
 * @throws {TypeError} for a client that is none
 */
export async function through<T>(
  client: SignPath | undefined,
  work: (outside: Outside) => Promise<T>,
): Promise<T> {
  if (client !== undefined) {
    if (!(client instanceof SignPath)) throw new TypeError("client must be a SignPath");
    const { api } = await sessionOf(client);
    api.begin("timestamp");
    try {
      return await work(await api.outside());
    } finally {
      api.end();
    }
  }
  const outside = new Outside(loadNetwork());
  try {
    return await work(outside);
  } finally {
    await outside.close();
  }
}
