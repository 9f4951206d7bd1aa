import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { timestamp } from "../../../src/cms/index.js";
import type { Fault } from "../../../src/emulator/index.js";
import { connect } from "../../support/client.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { startRaw } from "../../support/raw.js";
import type { StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { describeWith } from "../../support/verifiers.js";
import { MISTAKES, REJECTIONS } from "./mistakes.js";
import { DATA, DIGEST, onlyFailureOf, opensslVerifies } from "./support.js";

const emulator = useEmulator();
const REPLY = { "content-type": "application/timestamp-reply" };

afterEach(() => emulator().clearFaults());

function asked(fault: Fault): Promise<unknown> {
  emulator().addFault(fault);
  return timestamp(DIGEST, { authorities: [emulator().timestampUrl], retries: 0 });
}

describeWith("openssl", "a timestamp of the emulator", () => {
  it.each(["SHA-256", "SHA-384", "SHA-512"] as const)(
    "over a digest by %s is verified by openssl",
    async (hash) => {
      const { timestampUrl, rootCertificate } = emulator();
      const digest = createHash(hash.replace("-", "")).update(DATA).digest();
      const stamp = await timestamp(digest, { authorities: [timestampUrl], hash, roots: [rootCertificate] });
      await opensslVerifies(stamp.token, DATA, emulator());
      expect(stamp).toMatchObject({ authority: timestampUrl, policy: "1.3.6.1.4.1.32473.1" });
      expect(stamp.serialNumber).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it("comes through a client, to which the API token stays known alone", async () => {
    const client = connect(emulator());
    const stub = await startStub(() => ({ status: 400 }));
    const { timestampUrl } = emulator();
    const { token } = await timestamp(DIGEST, { authorities: [stub.origin, timestampUrl], client });
    await opensslVerifies(token, DATA, emulator());
    expect(JSON.stringify(stub.requests.map(({ headers }) => headers))).not.toContain(emulator().apiToken);
    expect(stub.requests[0]?.headers).toMatchObject({
      accept: "application/timestamp-reply",
      "content-type": "application/timestamp-query",
    });
    await client.close();
    expect(await codedFailureOf(timestamp(DIGEST, { authorities: [timestampUrl], client }))).toMatchObject({
      code: "ABORTED",
    });
  });

  it("has another nonce each time", async () => {
    const stub = await startStub(() => ({ status: 400 }));
    const { origin } = stub;
    await failureOf(timestamp(DIGEST, { authorities: [origin, origin, origin] }));
    const bodies = stub.requests.map(({ body }) => body.toString("hex"));
    expect(new Set(bodies).size).toBe(3);
    expect(new Set(bodies.map((body) => body.length)).size).toBe(1);
  });
});

describe("an answer", () => {
  it.each(MISTAKES)("with the mistake '%s' is refused as %s", async (mistake, code, words) => {
    const error = await onlyFailureOf(asked({ kind: "wrong-timestamp", mistake }));
    expect(error).toMatchObject({ code, attempts: 1, retryable: false, stage: "timestamp" });
    expect(error.message).toContain(words);
    expect(emulator().requests.at(-1)).toMatchObject({ route: "timestamp", fault: "wrong-timestamp" });
  });

  it("of an authority that no root vouches for is refused where roots are given, and only there", async () => {
    const { timestampUrl, rootCertificate } = emulator();
    await asked({ kind: "wrong-timestamp", mistake: "untrusted" });
    emulator().addFault({ kind: "wrong-timestamp", mistake: "untrusted" });
    const options = { authorities: [timestampUrl], roots: [rootCertificate] };
    expect(await onlyFailureOf(timestamp(DIGEST, options))).toMatchObject({ code: "VERIFICATION_FAILED" });
    expect(await timestamp(DIGEST, options)).toMatchObject({ authority: timestampUrl });
  });

  it("under another policy is refused where one is asked for, and only there", async () => {
    await asked({ kind: "wrong-timestamp", mistake: "policy" });
    emulator().addFault({ kind: "wrong-timestamp", mistake: "policy" });
    const authorities = [{ url: emulator().timestampUrl, policy: "1.3.6.1.4.1.32473.1" }];
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE" });
    expect(error.message).toContain("it is under policy 1.3.6.1.4.1.32473.2");
  });

  it.each([
    [60_000, "good"],
    [-240_000, "good"],
    [200_000, "bad"],
    [-400_000, "bad"],
  ])("whose clock is %i ms fast is %s", async (ms, what) => {
    const answer = asked({ kind: "clock-offset", ms, route: "timestamp" });
    if (what === "good") expect(await answer).toMatchObject({ authority: emulator().timestampUrl });
    else expect(await onlyFailureOf(answer)).toMatchObject({ code: "INVALID_RESPONSE" });
  });

  it.each(REJECTIONS)("that rejects with %s is %s, in its own words", async (failure, code) => {
    const error = await onlyFailureOf(asked({ kind: "timestamp-rejection", failure, waiting: false }));
    expect(error).toMatchObject({ code, attempts: 1, retryable: code === "SERVICE_UNAVAILABLE" });
    const name = emulator().timestampUrl;
    const words = `rejection (${failure}: This is a fault on demand.)`;
    expect(error.message).toBe(`The timestamp authority ${name} gave none: ${words}`);
  });

  it("that puts off is a failure that may pass", async () => {
    const error = await onlyFailureOf(asked({ kind: "timestamp-rejection", waiting: true }));
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryable: true });
  });

  it.each<[string, Fault, string]>([
    ["of another content type", { kind: "wrong-content-type", route: "timestamp" }, "INVALID_RESPONSE"],
    ["that is HTML", { kind: "html", route: "timestamp" }, "INVALID_RESPONSE"],
    ["that is compressed", { kind: "gzip", route: "timestamp" }, "INVALID_RESPONSE"],
    ["that is cut off", { kind: "truncated-body", route: "timestamp" }, "CONNECTION_FAILED"],
    [
      "that is too long",
      { kind: "oversized-body", bytes: 2_000_000, route: "timestamp" },
      "INVALID_RESPONSE",
    ],
    [
      "that is followed by something",
      { kind: "oversized-body", bytes: 10_000, route: "timestamp" },
      "INVALID_RESPONSE",
    ],
    ["with status 503", { kind: "status", status: 503, route: "timestamp" }, "SERVICE_UNAVAILABLE"],
    ["with status 429", { kind: "status", status: 429, route: "timestamp" }, "THROTTLED"],
    ["with status 404", { kind: "status", status: 404, route: "timestamp" }, "REQUEST_REJECTED"],
    ["that leads elsewhere", { kind: "redirect", location: "/", route: "timestamp" }, "INVALID_RESPONSE"],
    ["that never ends", { kind: "reset", when: "body", route: "timestamp" }, "CONNECTION_FAILED"],
  ])("%s is refused", async (_what, fault, code) => {
    expect(await onlyFailureOf(asked(fault))).toMatchObject({ code, attempts: 1 });
  });

  it.each<[string, Buffer]>([
    ["nested deeply", Buffer.concat([Buffer.alloc(400_000, Buffer.of(0x30, 0x80))])],
    ["of values nested deeply", nested(60_000)],
    ["with a status that is nested deeply", sequence(sequence(nested(2000)))],
    ["with a length beyond all", Buffer.from("3086ffffffffffff", "hex")],
    ["with a status of many bytes", sequence(sequence(Buffer.from("020101", "hex"), Buffer.alloc(9000, 5)))],
    ["with a status that is none", sequence(sequence(Buffer.from("02020100", "hex")))],
    [
      "with a token of another kind",
      sequence(sequence(Buffer.from("020100", "hex")), sequence(Buffer.from("06012a", "hex"))),
    ],
    ["with more fields", sequence(sequence(Buffer.from("020100", "hex")), sequence(), sequence())],
    ["of nothing", Buffer.alloc(0)],
  ])("%s is refused", async (_what, body) => {
    const stub = await startStub((): StubAnswer => ({ headers: REPLY, body }));
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities: [stub.origin] }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", attempts: 1, retryable: false });
  });

  it("that is slower than its deadline is a time-out", async () => {
    emulator().addFault({ kind: "silence", route: "timestamp" });
    const authorities = [{ url: emulator().timestampUrl, requestTimeoutMs: 100, retries: 0 }];
    expect(await onlyFailureOf(timestamp(DIGEST, { authorities }))).toMatchObject({
      code: "TIMEOUT",
      attempts: 1,
      retryable: true,
    });
  });
});

describe("a timestamp", () => {
  it.each([
    ["what is no digest", "0".repeat(32), TypeError],
    ["nothing", undefined, TypeError],
  ])("is not asked for %s", async (_what, digest, kind) => {
    const asking = timestamp(digest as unknown as Uint8Array, { authorities: ["http://127.0.0.1:1/"] });
    expect(await failureOf(asking)).toBeInstanceOf(kind);
  });

  it.each([
    [31, undefined, "32, 48 or 64"],
    [48, "SHA-256", "32, as SHA-256 has them"],
  ] as const)("is not asked for %i bytes as %s", async (length, hash, words) => {
    const error = await codedFailureOf(
      timestamp(new Uint8Array(length), { authorities: ["http://127.0.0.1:1/"], hash }),
    );
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", attempts: 0 });
    expect(error.message).toContain(words);
  });

  it("ends with the caller's signal, and no other authority is asked", async () => {
    const controller = new AbortController();
    const other = await startStub(() => ({ status: 400 }));
    const first = await startStub(() => {
      controller.abort(new Error("enough"));
      return undefined;
    });
    const options = { authorities: [first.origin, other.origin], signal: controller.signal };
    const error = await codedFailureOf(timestamp(DIGEST, options));
    expect(error).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    expect(other.connections).toBe(0);
  });

  it("is refused by a client that is none", async () => {
    const client = {} as unknown as ReturnType<typeof connect>;
    const asking = timestamp(DIGEST, { authorities: ["http://127.0.0.1:1/"], client });
    expect(await failureOf(asking)).toBeInstanceOf(TypeError);
  });

  it("fails with what an authority of another protocol says", async () => {
    const raw = await startRaw((socket) => socket.end("220 mail.example ESMTP\r\n"));
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities: [raw.origin], retries: 0 }));
    expect(error.code).toBe("CONNECTION_FAILED");
  });
});

function sequence(...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.of(0x30, 0x84), length, content]);
}

/** Sequences in each other. */
function nested(depth: number): Buffer {
  const parts: Buffer[] = [];
  for (let level = 0, length = 0; level < depth; level++, length += 6) {
    const header = Buffer.from("308400000000", "hex");
    header.writeUInt32BE(length, 2);
    parts.push(header);
  }
  return Buffer.concat(parts.reverse());
}
