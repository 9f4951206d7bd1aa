import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "./service.js";
import { startService } from "./service.js";
import { temporaryFolder } from "./temporary.js";
import { pathOf } from "./verifiers.js";

/** One port of the terminator. */
export interface TlsPort {
  /** The certificate with its chain, and the key; PEM. */
  readonly cert: string;
  readonly key: string;
  /** PEM of the authority whose client certificates are asked for; without it none is. */
  readonly clientCa?: string;
  /** More of stunnel's settings for this port. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A running terminator of TLS. */
export interface TlsTerminator<Name extends string> extends Service {
  readonly port: (name: Name) => number;
}

/** Starts stunnel with some ports on loopback, each of which passes on what it decrypts to the same plain port. */
export async function startStunnel<Name extends string>(
  ports: Readonly<Record<Name, TlsPort>>,
  target: number,
): Promise<TlsTerminator<Name>> {
  const folder = temporaryFolder();
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const lines = ["foreground = yes", "pid =", "syslog = no", "debug = info"];
  for (const [name, { cert, key, clientCa, settings }] of Object.entries<TlsPort>(ports)) {
    const values = {
      accept: "127.0.0.1:0",
      connect: `127.0.0.1:${target}`,
      cert: file(`${name}.pem`, cert),
      key: file(`${name}.key`, key),
      ...(clientCa !== undefined && { CAfile: file(`${name}.ca.pem`, clientCa), verifyChain: "yes" }),
      ...settings,
    };
    lines.push(`[${name}]`, ...Object.entries(values).map(([setting, value]) => `${setting} = ${value}`));
  }
  const path = file("stunnel.conf", `${lines.join("\n")}\n`);
  const service = await startService(pathOf("stunnel"), [path], /Accepting new connections/);
  const bound = [...service.log().matchAll(/Service \[(.+?)\] .*bound to 127\.0\.0\.1:(\d+)/g)];
  const byName = new Map(bound.map(([, name = "", port]) => [name, Number(port)]));
  return {
    ...service,
    port(name) {
      const port = byName.get(name);
      if (port === undefined) throw new Error(`stunnel did not say where ${name} is: ${service.log()}`);
      return port;
    },
  };
}
