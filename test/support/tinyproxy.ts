import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Service } from "./service.js";
import { startService } from "./service.js";
import { temporaryFolder } from "./temporary.js";
import { pathOf } from "./verifiers.js";

/** A running proxy. */
export interface Tinyproxy extends Service {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The targets of each `CONNECT` that its log names, refused ones too. */
  readonly targets: () => string[];
}

/** How to start the proxy. */
export interface TinyproxyOptions {
  /** Who may use it: a name and a password; without it anybody. */
  readonly user?: { readonly name: string; readonly password: string };
  /** Where it listens, if it was there before. */
  readonly port?: number;
}

/** Starts tinyproxy on loopback; it opens tunnels to anywhere. */
export async function startTinyproxy(options: TinyproxyOptions = {}): Promise<Tinyproxy> {
  // It cannot choose a port itself, and somebody may take the free one before it does.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await startOn(port, options);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function startOn(port: number, { user }: TinyproxyOptions): Promise<Tinyproxy> {
  const path = join(temporaryFolder(), "tinyproxy.conf");
  const lines = [`Port ${port}`, "Listen 127.0.0.1", "LogLevel Info", "Timeout 60", "MaxClients 100"];
  if (user !== undefined) lines.push(`BasicAuth ${user.name} ${user.password}`);
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  const service = await startService(pathOf("tinyproxy"), ["-d", "-c", path], /Accepting connections/);
  return {
    ...service,
    port,
    host: `127.0.0.1:${port}`,
    targets: () => [...service.log().matchAll(/Request .*: CONNECT (\S+) HTTP/g)].map(([, to = ""]) => to),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
