import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CmsSigner } from "../../../src/cms/index.js";
import { signCms } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { describeWith } from "../../support/verifiers.js";
import { child, readDer } from "../der.js";
import { CONTENT, OpensslCms, sentTo, titled, useSignPath, VARIANTS } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";

describe("several signers", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const signersOf = async (...given: [string, Partial<CmsSigner>?][]): Promise<CmsSigner[]> =>
    Promise.all(
      given.map(async ([slug, more]) => ({ policy: await signpath().policy(`demo/${slug}`), ...more })),
    );

  it("sign over one reading of the source, each with its own hash", async () => {
    let readings = 0;
    const source = {
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        readings += 1;
        yield CONTENT.subarray(0, 7);
        yield CONTENT.subarray(7);
      },
    };
    const signers = await signersOf(
      ["rsa-2048"],
      ["p-384", { hash: "SHA-384" }],
      ["rsa-3072", { padding: "pss", hash: "SHA-512", signerIdentifier: "subjectKeyIdentifier" }],
    );
    const before = sentTo(emulator());
    const read = readSignedData(await signCms(source, { signers, algorithmProtection: true }));
    expect(readings).toBe(1);
    expect(sentTo(emulator())).toBe(before + 3);
    expect(read.version).toBe(3);
    expect(read.digestAlgorithms).toHaveLength(3);
    expect(read.certificates).toHaveLength(3);
    const digests = read.signers.map(({ attributes }) =>
      attributes.get(MESSAGE_DIGEST)?.[0]?.content.toString("hex"),
    );
    const expected = ["sha256", "sha384", "sha512"].map((name) =>
      createHash(name).update(CONTENT).digest("hex"),
    );
    expect(digests.toSorted()).toEqual(expected.toSorted());
    for (const { attributes } of read.signers) expect(attributes.has("1.2.840.113549.1.9.52")).toBe(true);
  });

  it("have one digest algorithm and one certificate where they share it", async () => {
    const signers = await signersOf(["p-256"], ["p-256", { signingTime: false }]);
    const read = readSignedData(await signCms(CONTENT, { signers }));
    expect(read.digestAlgorithms).toHaveLength(1);
    expect(read.certificates).toHaveLength(1);
    expect(read.signers).toHaveLength(2);
  });

  it("fail with the failure of the one that failed", async () => {
    const signers = await signersOf(["p-256"], ["p-521"], ["p-384"]);
    emulator().setSubmitter("p-521", false);
    for (const detached of [true, false]) {
      const failure = await codedFailureOf(signCms(CONTENT, { signers, detached }));
      expect(failure).toMatchObject({ code: "FORBIDDEN" });
    }
    emulator().setSubmitter("p-521", true);
  });

  it("are ended by the caller's signal", async () => {
    const signers = await signersOf(["p-256"], ["p-384"]);
    const before = sentTo(emulator());
    const signal = AbortSignal.abort(new Error("no more"));
    expect(await codedFailureOf(signCms(CONTENT, { signers, signal }))).toMatchObject({ code: "ABORTED" });
    expect(sentTo(emulator())).toBe(before);
  });

  it("are refused where there are none, too many, or a policy beside them", async () => {
    const [one] = await signersOf(["p-256"]);
    if (one === undefined) throw new Error("no signer");
    const { policy } = one;
    for (const options of [
      { signers: [] },
      { signers: Array.from({ length: 65 }, () => one) },
      { signers: [one], policy },
    ])
      expect(await codedFailureOf(signCms(CONTENT, options))).toMatchObject({ code: "CONFIG_INVALID" });
    expect(await failureOf(signCms(CONTENT, { signers: [{} as CmsSigner] }))).toBeInstanceOf(TypeError);
  });
});

describeWith("openssl", "openssl", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  it.each(titled(VARIANTS))("finds the signer by its key identifier: %s", async (_title, variant) => {
    const { slug, padding, hash } = variant;
    const policy = await signpath().policy(`demo/${slug}`);
    const options = { policy, padding, hash, certificates: [emulator().intermediateCertificate] };
    const signed = await signCms(CONTENT, {
      ...options,
      signerIdentifier: "subjectKeyIdentifier",
      detached: false,
    });
    expect(await cms.verify(signed, undefined, "-cades")).toEqual(CONTENT);
    const { version, signers } = readSignedData(signed);
    expect(version).toBe(3);
    expect(signers[0]?.version).toBe(3);
    expect(signers[0]?.sid.tag).toBe(0x80);
  });

  it("accepts all of several signers, and refuses where one is about something else", async () => {
    const policies = await Promise.all(
      ["p-521", "rsa-4096", "p-256"].map((slug) => signpath().policy(`demo/${slug}`)),
    );
    const signers = policies.map((policy, index) => ({
      policy,
      hash: (["SHA-512", "SHA-256", "SHA-384"] as const)[index],
    }));
    for (const detached of [true, false]) {
      const signed = await signCms(CONTENT, {
        signers,
        detached,
        certificates: [emulator().intermediateCertificate],
      });
      expect(await cms.verify(signed, detached ? CONTENT : undefined, "-cades")).toEqual(CONTENT);
    }
  });

  it("accepts content of another type, in version 3", async () => {
    const policy = await signpath().policy("demo/p-256");
    const options = { policy, contentType: TST_INFO, certificates: [emulator().intermediateCertificate] };
    for (const more of [
      { detached: false },
      { detached: true },
      { detached: false, encoding: "ber" as const },
    ]) {
      const signed = await signCms(CONTENT, { ...options, ...more });
      expect(await cms.verify(signed, more.detached ? CONTENT : undefined)).toEqual(CONTENT);
      if (more.encoding) continue;
      const read = readSignedData(signed);
      expect([read.version, read.contentType]).toEqual([3, TST_INFO]);
      expect(read.signers[0]?.attributes.get("1.2.840.113549.1.9.3")?.[0]?.bytes).toEqual(
        child(readDer(signed), 1, 0, 2, 0).bytes,
      );
    }
  });
});
