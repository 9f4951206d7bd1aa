import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { TIMESTAMP_MISTAKES } from "../../src/emulator/timestamp/mistakes.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith, openssl } from "../support/verifiers.js";
import { send } from "./support.js";

const emulator = useEmulator();
const QUERY_TYPE = "application/timestamp-query";
const POLICY = "1.3.6.1.4.1.32473.1";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

async function post(to: Emulator, query: Buffer, type = QUERY_TYPE): Promise<Answer> {
  const headers = { "content-type": type };
  const {
    statusCode,
    headers: answered,
    body,
  } = await request(to.timestampUrl, {
    method: "POST",
    headers,
    body: query,
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, type: String(answered["content-type"]), body: bytes };
}

describeWith("openssl", "the emulator's timestamp authority", () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);

  beforeAll(async () => {
    await writeFile(path("data"), "some data");
    await writeFile(path("root.pem"), emulator().rootCertificate);
    await writeFile(path("intermediate.pem"), emulator().intermediateCertificate);
  });

  async function query(...more: readonly string[]): Promise<Buffer> {
    const args = ["ts", "-query", "-data", path("data"), "-out", path("query"), ...more];
    const { status, stderr } = await openssl(args);
    if (status !== 0) throw new Error(stderr);
    return readFile(path("query"));
  }

  /** What openssl says of an answer to the last query. */
  async function verdict(answer: Buffer, ...more: readonly string[]): Promise<string> {
    await writeFile(path("answer"), answer);
    const files = ["-queryfile", path("query"), "-in", path("answer"), "-CAfile", path("root.pem")];
    const { stdout, stderr } = await openssl(["ts", "-verify", ...files, ...more]);
    return /Verification: (\w+)/.exec(stdout + stderr)?.[1] ?? "none";
  }

  async function text(answer: Buffer): Promise<string> {
    await writeFile(path("answer"), answer);
    const { stdout, stderr } = await openssl(["ts", "-reply", "-in", path("answer"), "-text"]);
    return stdout + stderr;
  }

  it.each([
    ["SHA-256", ["-sha256", "-cert"]],
    ["SHA-384 and no nonce", ["-sha384", "-cert", "-no_nonce"]],
    ["SHA-512 and its policy", ["-sha512", "-cert", "-tspolicy", POLICY]],
  ])("gives timestamps that openssl verifies, for %s", async (_what, args) => {
    const { status, type, body } = await post(emulator(), await query(...args));
    expect([status, type]).toEqual([200, "application/timestamp-reply"]);
    expect(await verdict(body)).toBe("OK");
    expect(await text(body)).toContain(`Policy OID: ${POLICY}`);
  });

  it("sends certificates only to who asks for them", async () => {
    const { body } = await post(emulator(), await query("-sha256"));
    expect(body.includes("SignPath Emulator Signing CA, O=")).toBe(false);
    expect(await verdict(body)).toBe("FAILED");
    const { body: withThem } = await post(emulator(), await query("-sha256", "-cert"));
    expect(withThem.length).toBeGreaterThan(body.length + 800);
  });

  it.each([
    ["a hash that it does not take", ["-sha1"], "badAlg", /unrecognized or unsupported algorithm/i],
    ["another policy", ["-sha256", "-tspolicy", "1.2.3"], "unacceptedPolicy", /policy is not supported/i],
  ])("rejects %s", async (_what, args, _name, words) => {
    const { status, body } = await post(emulator(), await query(...args));
    expect(status).toBe(200);
    const said = await text(body);
    expect(said).toContain("Status: Rejected");
    expect(said).toMatch(words);
  });

  it.each([
    ["nothing", () => Buffer.alloc(0)],
    ["what is no ASN.1", () => Buffer.from("not a query")],
    ["a query that is cut off", (good: Buffer) => good.subarray(0, -1)],
    ["a query with something after it", (good: Buffer) => Buffer.concat([good, Buffer.of(5, 0)])],
    [
      "a query in BER",
      (good: Buffer) => Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(2), Buffer.alloc(2)]),
    ],
    ["a digest of another length", (good: Buffer) => shorterDigest(good)],
  ])("rejects %s", async (_what, spoil) => {
    const { status, body } = await post(emulator(), spoil(await query("-sha256", "-no_nonce")));
    expect(status).toBe(200);
    expect(await text(body)).toMatch(/Status: Rejected[\s\S]*the data submitted has the wrong format/);
  });

  it("rejects another version", async () => {
    const good = await query("-sha256");
    const at = good.indexOf(Buffer.of(2, 1, 1));
    good[at + 2] = 2;
    expect(await text((await post(emulator(), good)).body)).toContain(
      "transaction not permitted or supported",
    );
  });

  it("is for queries, whoever sends them", async () => {
    expect((await post(emulator(), await query("-sha256"), "text/plain")).status).toBe(415);
    expect((await send(emulator(), { path: "/tsa", token: false })).status).toBe(405);
    expect((await send(emulator(), { path: "/", token: false })).text).toContain(emulator().timestampUrl);
  });

  it("has a certificate for timestamps alone, by its own authority", async () => {
    const { body } = await post(emulator(), await query("-sha256", "-cert"));
    await writeFile(path("answer"), body);
    await openssl(["ts", "-reply", "-in", path("answer"), "-token_out", "-out", path("token")]);
    const printed = ["pkcs7", "-inform", "DER", "-in", path("token"), "-print_certs"];
    const { stdout } = await openssl(printed);
    const [certificate] = (stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
      .map((pem) => new X509Certificate(pem))
      .filter(({ subject }) => subject.includes("Timestamp Authority"));
    expect(certificate?.checkIssued(new X509Certificate(emulator().intermediateCertificate))).toBe(true);
    await writeFile(path("tsa.pem"), certificate?.toString() ?? "");
    const { stdout: described } = await openssl(["x509", "-in", path("tsa.pem"), "-noout", "-text"]);
    expect(described).toMatch(/Extended Key Usage: critical\s+Time Stamping\n/);
  });

  it("keeps its key in the state directory", async () => {
    const state = temporaryFolder();
    const subjects: string[] = [];
    for (let start = 0; start < 2; start++) {
      const running = await startEmulator({ state });
      await post(running, await query("-sha256", "-cert"));
      subjects.push(await readFile(join(state, "timestamp.pem"), "utf8"));
      await running.close();
    }
    expect(subjects[1]).toBe(subjects[0]);
  });

  it("has the server's clock", async () => {
    emulator().addFault({ kind: "clock-offset", ms: 86_400_000, route: "timestamp" });
    const tomorrow = new Date(Date.now() + 86_400_000).getUTCDate();
    const said = await text((await post(emulator(), await query("-sha256"))).body);
    expect(said).toMatch(new RegExp(`Time stamp: \\w+ +${tomorrow} `));
  });

  describe("on demand", () => {
    const SEEN_BY_OPENSSL = ["imprint", "hash", "nonce", "no-nonce", "version", "content-type"] as const;
    const OF_SIGNATURE = ["signature", "digest", "no-certificate", "certificate-id"] as const;
    const OF_CERTIFICATE = ["expired", "usage", "more-usages", "uncritical-usage", "untrusted"] as const;

    it.each([...SEEN_BY_OPENSSL, ...OF_SIGNATURE, ...OF_CERTIFICATE, "no-token", "garbage"] as const)(
      "makes the mistake '%s' once, which openssl finds",
      async (mistake) => {
        emulator().addFault({ kind: "wrong-timestamp", mistake });
        const { status, body } = await post(emulator(), await query("-sha256", "-cert"));
        expect(status).toBe(200);
        expect(await verdict(body)).not.toBe("OK");
        expect(emulator().requests.at(-1)).toMatchObject({ route: "timestamp", fault: "wrong-timestamp" });
        expect(await verdict((await post(emulator(), await query("-sha256", "-cert"))).body)).toBe("OK");
      },
    );

    it.each([
      ["past", /Time stamp/],
      ["future", /Time stamp/],
      ["policy", /Policy OID: 1\.3\.6\.1\.4\.1\.32473\.2/],
    ] as const)("makes the mistake '%s', which openssl does not look for", async (mistake, words) => {
      emulator().addFault({ kind: "wrong-timestamp", mistake });
      const { body } = await post(emulator(), await query("-sha256", "-cert"));
      expect(await verdict(body)).toBe("OK");
      expect(await text(body)).toMatch(words);
    });

    it("knows no other mistakes than those that are tested here and with the client", () => {
      const tested = [...SEEN_BY_OPENSSL, ...OF_SIGNATURE, ...OF_CERTIFICATE];
      const others = ["past", "future", "policy", "no-certificate-id", "two-signers", "no-token", "garbage"];
      expect([...tested, ...others].sort()).toEqual([...TIMESTAMP_MISTAKES].sort());
    });

    it.each([
      ["badAlg", /unrecognized or unsupported algorithm/],
      ["badRequest", /transaction not permitted or supported/],
      ["badDataFormat", /wrong format/],
      ["timeNotAvailable", /time source is not available/],
      ["unacceptedPolicy", /requested TSA policy is not supported/],
      ["unacceptedExtension", /requested extension is not supported/],
      ["addInfoNotAvailable", /additional information requested/],
      ["systemFailure", /cannot be handled due to system failure/],
    ] as const)("rejects with %s", async (failure, words) => {
      emulator().addFault({ kind: "timestamp-rejection", failure });
      const said = await text((await post(emulator(), await query("-sha256"))).body);
      expect(said).toContain("Status: Rejected");
      expect(said).toMatch(words);
    });

    it("puts off", async () => {
      emulator().addFault({ kind: "timestamp-rejection", failure: "timeNotAvailable", waiting: true });
      expect(await text((await post(emulator(), await query("-sha256"))).body)).toContain("Status: Waiting");
    });

    it("meets the faults of other routes where they are meant for it", async () => {
      emulator().addFault({ kind: "status", status: 503, route: "timestamp" });
      expect((await post(emulator(), await query("-sha256"))).status).toBe(503);
      emulator().addFault({ kind: "status", status: 503 });
      expect((await post(emulator(), await query("-sha256"))).status).toBe(200);
      emulator().clearFaults();
    });

    it("has no such faults elsewhere", () => {
      const add = (): void => emulator().addFault({ kind: "timestamp-rejection", route: "signHash" });
      expect(add).toThrow("does not happen on the route 'signHash'");
    });
  });
});

/** The digest without its last byte, and every length around it less by one. */
function shorterDigest(query: Buffer): Buffer {
  const copy = Buffer.from(query);
  const at = copy.indexOf(Buffer.of(4, 32));
  for (const length of [1, 6, at + 1]) copy[length] = (copy[length] ?? 0) - 1;
  return Buffer.concat([copy.subarray(0, at + 33), copy.subarray(at + 34)]);
}
