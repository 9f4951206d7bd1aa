import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { Agent, request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Emulator, TlsFailure } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { Answer } from "./support.js";
import { api, ecdsaPayload, lacks, send, submit, temporaryDirectory } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ tls: true });
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

/** A client with a connection of its own that trusts the emulator, or does not. */
function client(connect: Record<string, unknown> = { ca: [emulator.rootCertificate] }): Agent {
  const made = new Agent({ connect, connections: 1 });
  onTestFinished(() => made.destroy());
  return made;
}

const about = (dispatcher = client()): Promise<Answer> => send(emulator, { path: "/" }, dispatcher);

/** The code of what goes wrong. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

describe("with tls", () => {
  it("the emulator is reached over HTTPS by whoever trusts its root", async () => {
    expect(emulator.origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(emulator.environment["SIGNPATH_API_URL"]).toBe(`${emulator.origin}/Api`);
    expect((await submit(emulator, { policy: "p-256", payload: ecdsaPayload() }, client())).status).toBe(200);
  });

  it("also by the name of this machine", async () => {
    const { port } = new URL(emulator.origin);
    const { statusCode, body } = await request(`https://localhost:${port}/`, { dispatcher: client() });
    await body.dump();
    expect(statusCode).toBe(200);
  });

  it("but not by one who trusts others", async () => {
    const stranger = client({ ca: [...rootCertificates] });
    expect(await failureOf(about(stranger))).toMatch(/CERT|UNABLE_TO/);
  });

  it("nor over HTTP", async () => {
    const plain = request(emulator.origin.replace("https:", "http:"), { dispatcher: client({}) });
    expect(await failureOf(plain)).toMatch(/UND_ERR_SOCKET|ECONNRESET|HPE_/);
  });

  it("addresses in answers are those of HTTPS", async () => {
    const { headers } = await submit(
      emulator,
      { policy: "p-256", payload: ecdsaPayload(), fast: "false" },
      client(),
    );
    expect(headers["location"]).toContain(`${emulator.origin}/Api/v1/`);
  });

  it("counts connections, and closes them", async () => {
    const own = await startEmulator({ tls: true });
    const dispatcher = client({ ca: [own.rootCertificate] });
    await send(own, { path: "/" }, dispatcher);
    expect(own.connections).toBe(1);
    await own.close();
    const anew = client({ ca: [own.rootCertificate] });
    expect(await failureOf(send(own, { path: "/" }, anew))).toBe("ECONNREFUSED");
  });

  it("keeps its root, and so its clients' trust, in a state directory", async () => {
    const state = await temporaryDirectory();
    const first = await startEmulator({ tls: true, state });
    await first.close();
    const second = await startEmulator({ tls: true, state });
    onTestFinished(() => second.close());
    expect((await send(second, { path: "/" }, client({ ca: [first.rootCertificate] }))).status).toBe(200);
  });

  it("a reset is one", async () => {
    emulator.addFault({ kind: "reset", when: "before" });
    expect(await failureOf(submit(emulator, { policy: "p-256", payload: ecdsaPayload() }, client()))).toBe(
      "ECONNRESET",
    );
    emulator.addFault({ kind: "reset", when: "body" });
    expect(await failureOf(submit(emulator, { policy: "p-256", payload: ecdsaPayload() }, client()))).toBe(
      "ECONNRESET",
    );
  });

  it("connections can be refused", async () => {
    const own = await startEmulator({ tls: true });
    onTestFinished(() => own.close());
    own.refuseConnections(60_000);
    const dispatcher = client({ ca: [own.rootCertificate] });
    expect(await failureOf(send(own, { path: "/" }, dispatcher))).toBe("ECONNREFUSED");
  });

  it.skipIf(lacks("openssl"))("the certificate satisfies openssl, strictly", async () => {
    const ca = `${await temporaryDirectory()}/ca.pem`;
    writeFileSync(ca, emulator.rootCertificate);
    const { host } = new URL(emulator.origin);
    const { output } = await runInBackground("openssl", host, ca);
    expect(output).toContain("Verify return code: 0 (ok)");
  });
});

/** Runs a program while this process, and with it the emulator, goes on. */
async function runInBackground(program: string, host: string, ca: string): Promise<{ output: string }> {
  const args = ["s_client", "-connect", host, "-CAfile", ca, "-x509_strict", "-verify_ip", "127.0.0.1"];
  return new Promise((resolve) => {
    const child = execFile(program, args, (_error, stdout, stderr) => resolve({ output: stdout + stderr }));
    child.stdin?.end();
  });
}

describe("a handshake fails", () => {
  it.each<[TlsFailure, RegExp]>([
    ["expired", /^CERT_HAS_EXPIRED$/],
    ["not-yet-valid", /^CERT_NOT_YET_VALID$/],
    ["foreign-name", /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ["untrusted", /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_SIGNATURE_FAILURE)/],
    ["alert", /HANDSHAKE_FAILURE/],
    ["plain-text", /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/],
    ["reset", /^ECONNRESET$/],
  ])("because it is %s, for as many connections as ordered", async (failure, code) => {
    emulator.addFault({ kind: "tls-failure", failure, count: 2 });
    expect(await failureOf(about())).toMatch(code);
    expect(await failureOf(about())).toMatch(code);
    expect((await about()).status).toBe(200);
  });

  it("with a probability for that share of the connections", async () => {
    emulator.addFault({ kind: "tls-failure", failure: "reset", probability: 0 });
    expect((await about()).status).toBe(200);
  });

  it("only on new connections", async () => {
    const dispatcher = client();
    await about(dispatcher);
    emulator.addFault({ kind: "tls-failure", failure: "expired" });
    expect((await about(dispatcher)).status).toBe(200);
    expect(await failureOf(about())).toBe("CERT_HAS_EXPIRED");
  });

  it("and a client that does not look is served", async () => {
    emulator.addFault({ kind: "tls-failure", failure: "untrusted" });
    expect((await about(client({ rejectUnauthorized: false }))).status).toBe(200);
  });

  it("while other faults wait for their requests", async () => {
    emulator.addFault({ kind: "tls-failure", failure: "alert" });
    emulator.addFault({ kind: "status", status: 503 });
    const path = api(emulator, "Cryptoki/MySigningPolicies");
    expect(await failureOf(send(emulator, { path }, client()))).toMatch(/HANDSHAKE_FAILURE/);
    expect((await send(emulator, { path }, client())).status).toBe(503);
  });
});
