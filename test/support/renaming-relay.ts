import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";

/** How the policy that examples name is called by the emulator. */
const NAMES = { project: ["my-app", "demo"], policy: ["release", "rsa-2048"] } as const;

/**
 * Stands before an emulator and gives one of its policies the name that examples have, `my-app/release`. What is asked of
 * another host, through a proxy that leads here, is asked of the emulator's timestamp authority. It ends with the test.
 *
 * @returns its port
 */
export async function startRenamingRelay(emulator: Emulator): Promise<number> {
  const authority = new URL(emulator.timestampUrl);
  const server = createServer((incoming, outgoing) => {
    const isOurs = incoming.headers.host?.startsWith("127.0.0.1") ?? false;
    const url = incoming.url ?? "/";
    const path = isOurs ? theirs(url, "&") : authority.pathname;
    const isRenamed = isOurs && (path !== url || incoming.method === "POST");
    forward(incoming, outgoing, new URL(path, emulator.origin), isRenamed).catch((error: unknown) =>
      outgoing.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: URL,
  renames: boolean,
): Promise<void> {
  const body = await bytesOf(incoming);
  const sent = renames ? Buffer.from(theirs(body.toString("latin1"), "\r\n"), "latin1") : body;
  const headers = { ...incoming.headers, host: target.host, "content-length": String(sent.length) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(target, { method: incoming.method, headers, agent: false }, resolve)
      .on("error", reject)
      .end(sent);
  });
  const received = await bytesOf(answer);
  const given = renames ? Buffer.from(ours(received.toString("latin1")), "latin1") : received;
  const { "transfer-encoding": _, ...more } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 500, { ...more, "content-length": String(given.length) });
  outgoing.end(given);
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** In an address the names end at `&`, in a form at the end of the line. */
function theirs(text: string, end: "&" | "\r\n"): string {
  const lead = end === "&" ? "=" : "\r\n\r\n";
  return [NAMES.project, NAMES.policy].reduce(
    (renamed, [name, emulated]) =>
      end === "&"
        ? renamed.replace(new RegExp(`${lead}${name}(?=&|$)`), `${lead}${emulated}`)
        : renamed.replace(`${lead}${name}${end}`, `${lead}${emulated}${end}`),
    text,
  );
}

function ours(text: string): string {
  return text
    .replaceAll(`"projectSlug":"${NAMES.project[1]}"`, `"projectSlug":"${NAMES.project[0]}"`)
    .replaceAll(`"signingPolicySlug":"${NAMES.policy[1]}"`, `"signingPolicySlug":"${NAMES.policy[0]}"`);
}
