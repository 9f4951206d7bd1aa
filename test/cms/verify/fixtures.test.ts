import { describe, expect, it } from "vitest";
import { verifyCms } from "../../../src/cms/index.js";
import { verifySignedData } from "../../../src/cms/verify/verify-signed-data.js";
import { codedFailureOf } from "../../support/failure.js";
import type { Fixture } from "./support/fixtures.js";
import { AT, CONTENT, FIXTURES, fixture, ROOT } from "./support/fixtures.js";

const rows = FIXTURES.map((each): [string, Fixture] => [each.name, each]);

/** The bytes in chunks of so many, each of which is overwritten when the next one is asked for, as those of files are. */
async function* inChunks(bytes: Buffer, length: number): AsyncGenerator<Uint8Array, void, void> {
  const buffer = Buffer.alloc(length);
  for (let offset = 0; offset < bytes.length; offset += length) {
    const copied = bytes.copy(buffer, 0, offset);
    yield buffer.subarray(0, copied);
    buffer.fill(0xff);
  }
}

describe("what others have signed is verified", () => {
  it.each(rows)("%s", async (name, { content, inside, signers, certificates, allowWeakDigests }) => {
    const options = { roots: [ROOT], at: AT, content, certificates, allowWeakDigests };
    const report = await verifySignedData(fixture(name), options);
    expect(report.signers.map((each) => [each.digestAlgorithm, each.signatureAlgorithm])).toEqual(signers);
    for (const { chain } of report.signers) expect(chain).toHaveLength(2);
    expect(report.content && Buffer.from(report.content)).toEqual(inside);
  });

  const lengths = rows.flatMap(([name, each]) => [1, 7, 64].map((length) => [name, length, each] as const));
  it.each(lengths)(
    "%s, in chunks of %i bytes",
    async (name, length, { content, inside, certificates, allowWeakDigests }) => {
      const pieces: Buffer[] = [];
      await verifyCms(inChunks(fixture(name), length), {
        ...{ roots: [ROOT], at: AT, certificates, allowWeakDigests },
        content: content && inChunks(content, 3),
        onContent: async (chunk) => {
          pieces.push(Buffer.from(chunk));
        },
      });
      expect(Buffer.concat(pieces)).toEqual(inside ?? Buffer.alloc(0));
    },
  );

  const spoilt = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const refused = { code: "VERIFICATION_FAILED", stage: "verify" };

  it.each(rows.filter(([, { content }]) => content !== undefined))(
    "%s, and over no other content",
    async (name, { content = CONTENT, certificates, allowWeakDigests }) => {
      const options = { roots: [ROOT], at: AT, certificates, allowWeakDigests, content: spoilt(content, 7) };
      expect(await codedFailureOf(verifyCms(fixture(name), options))).toMatchObject({
        ...refused,
        verification: { signers: expect.any(Array) },
      });
    },
  );

  it.each(rows.filter(([name, { inside }]) => inside !== undefined && !name.endsWith(".pem")))(
    "%s, and not with other content in it",
    async (name, { inside = CONTENT }) => {
      const cms = fixture(name);
      const at = cms.indexOf(inside.subarray(0, 20));
      expect(at).toBeGreaterThan(0);
      const failure = await codedFailureOf(verifyCms(spoilt(cms, at + 7), { roots: [ROOT], at: AT }));
      expect(failure).toMatchObject(refused);
    },
  );
});

describe("what a signature brings beside itself is told", () => {
  it.each(["bc-timestamped.p7s", "jdk-timestamped.p7s"])("the timestamp of %s", async (name) => {
    const content = name.startsWith("jdk") ? fixture("jdk-timestamped.sf") : CONTENT;
    const options = { roots: [ROOT], content, requireTimestamp: true };
    const { signers } = await verifyCms(fixture(name), { ...options, at: new Date("2060-01-01T00:00:00Z") });
    const [signer] = signers;
    expect(signer?.timestamp).toMatchObject({ verified: true, policy: "1.2.3.4.1" });
    expect(signer?.timestamp?.authority?.subject).toContain("CN=stamps");
    expect(signer?.verifiedAt).toEqual(signer?.timestamp?.time);
  });

  it("a counter-signature", async () => {
    const options = { roots: [ROOT], content: CONTENT, at: AT };
    const { signers } = await verifyCms(fixture("bc-counter-signed.p7s"), options);
    const [counter, more] = signers[0]?.counterSigners ?? [];
    expect([counter?.verified, counter?.reasons, more]).toEqual([true, [], undefined]);
    expect(counter?.signer.subject).toContain("CN=second");
  });

  it("a signing time that the signer claims", async () => {
    const { signers } = await verifyCms(fixture("openssl-detached.p7s"), {
      roots: [ROOT],
      content: CONTENT,
      at: AT,
    });
    expect(signers[0]?.signingTime?.getUTCFullYear()).toBe(2026);
  });
});
