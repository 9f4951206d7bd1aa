import type { Socket } from "node:net";
import type { TlsFailure } from "../../../src/emulator/index.js";
import { reachable } from "../../support/gate.js";
import type { Nature } from "../expectations.js";
import type { Row } from "./row.js";
import { BROKEN, HARMLESS, UNUSABLE } from "./row.js";

/** Longer than any call of these tests may take. */
const TOO_LONG_MS = 60_000;

function raw(title: string, act: (socket: Socket) => void, nature: Nature): Row {
  return { title, fault: { raw: act }, nature };
}

/** What is met before anything is sent cannot have been signed. */
const UNREACHED: Nature = {
  is: "passing",
  code: "CONNECTION_FAILED",
  mayHaveSigned: false,
  arrives: "none",
};

/** Who cannot show that it is the server, or speaks no TLS, gets no request; to ask it again would change nothing. */
const UNTRUSTED: Nature = { is: "lasting", code: "TLS_FAILED", arrives: "none" };

function handshake(failure: TlsFailure, nature: Nature): Row {
  return {
    title: `TLS that fails: ${failure}`,
    fault: { kind: "tls-failure", failure },
    nature,
    isOfTls: true,
  };
}

/** Faults of the connection. */
export const CONNECTIONS: readonly Row[] = [
  { title: "a port that is closed", fault: { refused: true }, nature: UNREACHED },
  {
    title: "a reset, and then a port that is closed",
    fault: { kind: "refuse", ms: TOO_LONG_MS },
    nature: { ...BROKEN, arrives: "first" },
    async mend(emulator) {
      emulator.refuseConnections(0);
      await reachable(Number(new URL(emulator.origin).port));
    },
  },
  handshake("expired", UNTRUSTED),
  handshake("not-yet-valid", UNTRUSTED),
  handshake("foreign-name", UNTRUSTED),
  handshake("untrusted", UNTRUSTED),
  handshake("alert", UNTRUSTED),
  handshake("plain-text", UNTRUSTED),
  handshake("reset", UNREACHED),
  { title: "a reset before the handling", fault: { kind: "reset", when: "before" }, nature: BROKEN },
  { title: "a reset in the headers", fault: { kind: "reset", when: "headers" }, nature: BROKEN },
  { title: "a reset in the body", fault: { kind: "reset", when: "body" }, nature: BROKEN },
  { title: "a reset after the answer", fault: { kind: "reset", when: "after" }, nature: HARMLESS },
  { title: "a truncated body", fault: { kind: "truncated-body" }, nature: BROKEN },
  raw("no answer before the connection closes", (socket) => socket.end(), BROKEN),
  raw("another protocol", (socket) => socket.end("220 mail.example ESMTP\r\n"), BROKEN),
  raw(
    "headers without an end",
    (socket) => endless(socket, "HTTP/1.1 200 OK\r\nX-A: ", "a".repeat(4096)),
    BROKEN,
  ),
  raw(
    "a chunk that is none",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    BROKEN,
  ),
  raw(
    "an upgrade that was not asked for",
    (socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    BROKEN,
  ),
  raw(
    "two lengths",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    BROKEN,
  ),
  raw(
    "a body without an end",
    (socket) => {
      const line = `1000\r\n${" ".repeat(0x1000)}\r\n`;
      endless(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", line);
    },
    UNUSABLE,
  ),
];

/** Writes for as long as somebody reads. */
function endless(socket: Socket, start: string, more: string): void {
  socket.write(start);
  const pump = (): void => {
    while (!socket.destroyed && socket.write(more));
  };
  socket.on("drain", pump);
  pump();
}
