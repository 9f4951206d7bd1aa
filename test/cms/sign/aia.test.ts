import { createHash, X509Certificate } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { certificateBundle, signCms } from "../../../src/cms/index.js";
import { longestDetached } from "../../../src/cms/sign/longest.js";
import { planOf } from "../../../src/cms/sign/plan.js";
import { SignPath } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { CONTENT, sentTo, useSignPath } from "../support.js";
import { IssuerServer, stateNaming } from "./aia-server.js";
import { readSignedData } from "./read-signed-data.js";

/** A server, what it has at each path, and what it was asked. */
const server = await new IssuerServer().listen();
const { answers, asked, origin } = server;

afterAll(() => server.close());

describe("missing issuers", async () => {
  const addresses = ["ldap://127.0.0.1/cn=ca", `${origin}/missing.cer`, `${origin}/issuer.cer`];
  const emulator = useEmulator({ state: await stateNaming(addresses) });
  // What was fetched is kept by client.
  const first = useSignPath(emulator);

  beforeEach(() => {
    asked.length = 0;
    answers.clear();
  });
  const intermediate = (): Uint8Array =>
    new Uint8Array(new X509Certificate(emulator().intermediateCertificate).raw);
  const sign = async (more: Partial<SignCmsOptions>): Promise<Uint8Array> => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const client = new SignPath({ apiUrl, apiToken, organizationId });
    try {
      return await signCms(CONTENT, { policy: await client.policy("demo/p-256"), ...more });
    } finally {
      await client.close();
    }
  };
  const aia = () => ({ origins: [origin] });

  it("are fetched as DER, as PEM and as a bundle, without the token, past an address that has none", async () => {
    const other = emulator().rootCertificate;
    const forms = [
      intermediate(),
      emulator().intermediateCertificate,
      certificateBundle([other, emulator().intermediateCertificate]),
    ];
    for (const form of forms) {
      asked.length = 0;
      answers.set("/issuer.cer", form);
      const { certificates } = readSignedData(await sign({ aia: aia() }));
      expect(certificates).toHaveLength(2);
      expect(certificates).toContainEqual(Buffer.from(intermediate()));
      expect(asked).toEqual(
        ["/missing.cer", "/issuer.cer"].map((path) => ({ path, authorization: undefined })),
      );
    }
  });

  it("are fetched once for many signatures of a client, and not where they are given or it is not allowed", async () => {
    answers.set("/issuer.cer", intermediate());
    answers.set("/missing.cer", intermediate());
    const policy = await first().policy("demo/p-256");
    for (let index = 0; index < 3; index++)
      expect(readSignedData(await signCms(CONTENT, { policy, aia: aia() })).certificates).toHaveLength(2);
    expect(asked).toHaveLength(1);
    asked.length = 0;
    const certificates = [emulator().intermediateCertificate, emulator().rootCertificate];
    await sign({ certificates, aia: aia() });
    expect(readSignedData(await sign({})).certificates).toHaveLength(1);
    expect(readSignedData(await sign({ aia: false })).certificates).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  it("are fetched to tell the room that a signature needs", async () => {
    answers.set("/issuer.cer", intermediate());
    const { apiUrl, apiToken, organizationId } = emulator();
    const client = new SignPath({ apiUrl, apiToken, organizationId });
    try {
      const policy = await client.policy("demo/p-256");
      const room = await longestDetached(planOf({ policy, aia: aia() }), undefined);
      expect(asked.map(({ path }) => path)).toEqual(["/missing.cer", "/issuer.cer"]);
      const { length } = await signCms(CONTENT, { policy, aia: aia() });
      expect(length).toBeLessThanOrEqual(room);
      expect(length).toBeGreaterThan(room - 12);
    } finally {
      await client.close();
    }
  });

  it("complete a chain whose root is given", async () => {
    answers.set("/issuer.cer", intermediate());
    const certificates = [emulator().rootCertificate];
    const options = { certificates, aia: aia(), incompleteChain: "error" as const, includeRoot: true };
    expect(readSignedData(await sign(options)).certificates).toHaveLength(3);
  });

  it("are signed for over bytes as they were at the time of the call", async () => {
    answers.set("/missing.cer", intermediate());
    const { policy, content } = { policy: await first().policy("demo/p-256"), content: Buffer.from(CONTENT) };
    const options = { policy, aia: { ...aia(), maxBytes: 60_000 }, signedAttributes: false };
    const signing = signCms(content, options);
    content.fill(0);
    await signing;
    expect(emulator().signingRequests.at(-1)?.hash).toBe(createHash("sha256").update(CONTENT).digest("hex"));
  });

  it.each<[string, () => Partial<SignCmsOptions>, () => [string, Uint8Array | string][], RegExp]>([
    ["nothing is there", () => ({ aia: aia() }), () => [], /404/],
    [
      "something else is there",
      () => ({ aia: aia() }),
      () => [
        ["/missing.cer", "<html>"],
        ["/issuer.cer", "<html>"],
      ],
      /no certificate/,
    ],
    [
      "another certificate is there",
      () => ({ aia: aia() }),
      () => [
        ["/missing.cer", emulator().rootCertificate],
        ["/issuer.cer", emulator().rootCertificate],
      ],
      /not the issuer/,
    ],
    [
      "the answer is too long",
      () => ({ aia: { ...aia(), maxBytes: 100 } }),
      () => [
        ["/missing.cer", intermediate()],
        ["/issuer.cer", intermediate()],
      ],
      /100 bytes|longer/,
    ],
    [
      "no more is to be fetched",
      () => ({ aia: { ...aia(), maxCertificates: 1 } }),
      () => [["/issuer.cer", intermediate()]],
      /404/,
    ],
    [
      "the address is private",
      () => ({ aia: true }),
      () => [["/missing.cer", intermediate()]],
      /no public address/,
    ],
    [
      "the origin is not listed",
      () => ({ aia: { origins: ["http://ca.example"] } }),
      () => [["/missing.cer", intermediate()]],
      /does not list/,
    ],
  ])("leave the chain incomplete where %s", async (_title, more, given, message) => {
    for (const [path, answer] of given()) answers.set(path, answer);
    const before = sentTo(emulator());
    const failure = await codedFailureOf(sign({ ...more(), incompleteChain: "error" }));
    expect(failure).toMatchObject({ code: "CHAIN_INCOMPLETE" });
    expect(failure.message).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
    expect(readSignedData(await sign(more())).certificates).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["a text", "yes"],
    ["a limit of nothing", { maxBytes: 0 }],
    ["a limit that is none", { timeoutMs: Number.NaN }],
    ["too many", { maxCertificates: 1000 }],
    ["an origin that is none", { origins: ["ca.example"] }],
    ["an origin of another kind", { origins: ["ldap://ca.example"] }],
  ])("are not fetched by settings that are wrong: %s", async (_title, wrong) => {
    expect(await codedFailureOf(sign({ aia: wrong as never }))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("stop being fetched where the signal is aborted", async () => {
    const signal = AbortSignal.abort(new Error("no more"));
    expect(await codedFailureOf(sign({ aia: aia(), signal }))).toMatchObject({ code: "ABORTED" });
  });

  it("refuse a signer by key identifier whose certificate has none", async () => {
    const before = sentTo(emulator());
    const failure = await codedFailureOf(sign({ signerIdentifier: "subjectKeyIdentifier" }));
    expect(failure).toMatchObject({ code: "POLICY_UNUSABLE", stage: "cms", attempts: 0 });
    expect(failure.message).toMatch(/demo\/p-256 has no subject key identifier/);
    expect(sentTo(emulator())).toBe(before);
  });
});
