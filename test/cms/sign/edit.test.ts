import { createHash, createPublicKey, verify, X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeAll } from "../../../src/cms/asn1/der.js";
import type { AddSignerOptions, SignCmsOptions } from "../../../src/cms/index.js";
import { addSigner, certificateBundle, counterSign, mergeCms, signCms } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import { CONTENT, OpensslCms, sentTo, useSignPath } from "../support.js";
import { readSignedData, readSigner } from "./read-signed-data.js";

const COUNTERSIGNATURE = "1.2.840.113549.1.9.6";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const ID_DATA = Buffer.from("2a864886f70d010701", "hex");
const ID_SIGNED_DATA = Buffer.from("2a864886f70d010702", "hex");
const TST_INFO = "1.2.840.113549.1.9.16.1.4";

function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  return Buffer.from(encodeAll(tag, contents));
}

function hexOf(byte: number): string {
  return Buffer.of(byte).toString("hex");
}

/** So many elements, all different. */
function elements(count: number, number = 0): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    tlv(0x30, tlv(0x02, Buffer.of(1, number, index >> 8, index & 0xff))),
  );
}

/** A SignedData without signers. */
function signedDataWith(certificates: readonly Buffer[], contentType = tlv(0x06, ID_DATA)): Buffer {
  const fields = [Buffer.of(2, 1, 1), tlv(0x31), tlv(0x30, contentType), encodeAll(0xa0, certificates)];
  return tlv(0x30, tlv(0x06, ID_SIGNED_DATA), tlv(0xa0, tlv(0x30, ...fields, tlv(0x31))));
}

describeWith("openssl", "an existing CMS signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  const optionsOf = async (slug: string, more: Partial<SignCmsOptions> = {}) => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const sign = async (slug: string, more: Partial<SignCmsOptions> = {}): Promise<Uint8Array> =>
    signCms(CONTENT, await optionsOf(slug, more));

  /** What is in one is in the other, byte for byte. */
  const expectKept = (before: Uint8Array, after: Uint8Array): void => {
    const [old, now] = [readSignedData(before), readSignedData(after)];
    for (const certificate of old.certificates) expect(now.certificates).toContainEqual(certificate);
    for (const { bytes } of old.signers) expect(now.signers.map((each) => each.bytes)).toContainEqual(bytes);
  };

  describe("addSigner", () => {
    it("adds one without the content, by the digest of another with the same hash", async () => {
      const first = await sign("rsa-2048");
      const second = await addSigner(
        first,
        await optionsOf("p-384", { signerIdentifier: "subjectKeyIdentifier" }),
      );
      expect(await cms.verify(second, CONTENT, "-cades")).toEqual(CONTENT);
      expectKept(first, second);
      const read = readSignedData(second);
      expect([read.version, read.signers.length, read.certificates.length]).toEqual([3, 2, 3]);
      expect(read.digestAlgorithms).toHaveLength(1);
    });

    it("adds one with another hash by the content or its digest", async () => {
      const first = await sign("rsa-2048");
      const options = await optionsOf("p-521", { hash: "SHA-512" });
      const digest = createHash("sha512").update(CONTENT).digest();
      const path = join(temporaryFolder(), "content");
      await writeFile(path, CONTENT);
      for (const more of [{ digest }, { content: path }, { content: CONTENT }]) {
        const second = await addSigner(first, { ...options, ...more });
        expect(await cms.verify(second, CONTENT)).toEqual(CONTENT);
        expect(readSignedData(second).digestAlgorithms).toHaveLength(2);
      }
    });

    it("signs bytes as they are at the time of the call", async () => {
      const first = await sign("rsa-2048");
      const options = { ...(await optionsOf("p-384", { hash: "SHA-384" })), aia: { origins: [] } };
      for (const certificates of [[], options.certificates]) {
        const [content, digest] = [Buffer.from(CONTENT), createHash("sha384").update(CONTENT).digest()];
        const adding = [{ content }, { digest }].map((more) =>
          addSigner(first, { ...options, certificates, ...more }),
        );
        content.fill(0);
        digest.fill(0);
        for (const second of await Promise.all(adding)) {
          const [signer] = readSignedData(second).signers.filter(({ attributes }) =>
            attributes
              .get(MESSAGE_DIGEST)?.[0]
              ?.content.equals(createHash("sha384").update(CONTENT).digest()),
          );
          expect(signer).toBeDefined();
        }
      }
    });

    it("adds one to attached content, DER and BER, and leaves that as it is", async () => {
      for (const encoding of ["der", "ber"] as const) {
        const first = await sign("rsa-2048", { detached: false, encoding });
        const second = await addSigner(first, await optionsOf("p-256", { hash: "SHA-384" }));
        expect(await cms.verify(second, undefined, "-cades")).toEqual(CONTENT);
      }
    });

    it("adds one to what openssl made", async () => {
      const folder = temporaryFolder();
      const path = (name: string): string => join(folder, name);
      await writeFile(path("content"), CONTENT);
      const made = await openssl([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=other",
        "-keyout",
        path("key.pem"),
        "-out",
        path("cert.pem"),
      ]);
      expect(made.status).toBe(0);
      for (const attached of [[], ["-nodetach"], ["-nodetach", "-stream"]]) {
        const signed = await openssl([
          "cms",
          "-sign",
          "-binary",
          "-outform",
          "DER",
          ...attached,
          "-in",
          path("content"),
          "-signer",
          path("cert.pem"),
          "-inkey",
          path("key.pem"),
        ]);
        const both = await addSigner(signed.output, await optionsOf("p-256"));
        expect(await cms.verify(both, attached.length > 0 ? undefined : CONTENT, "-noverify")).toEqual(
          CONTENT,
        );
      }
    });

    it.each<[string, Partial<AddSignerOptions>, string, RegExp]>([
      ["a digest that nobody tells", { hash: "SHA-512" }, "REQUEST_REJECTED", /no signer .*by SHA-512/],
      ["a digest that is too short", { digest: new Uint8Array(31) }, "REQUEST_REJECTED", /32 bytes, not 31/],
      ["another digest", { digest: new Uint8Array(32) }, "REQUEST_REJECTED", /another digest/],
      ["other content", { content: Buffer.from("other") }, "REQUEST_REJECTED", /another digest/],
      [
        "a digest and the content",
        { content: CONTENT, digest: new Uint8Array(32) },
        "CONFIG_INVALID",
        /beside/,
      ],
    ])("refuses %s before anything is sent", async (_title, more, code, message) => {
      const first = await sign("rsa-2048");
      const before = sentTo(emulator());
      const failure = await codedFailureOf(addSigner(first, { ...(await optionsOf("p-256")), ...more }));
      expect(failure).toMatchObject({ code, stage: "cms" });
      expect(failure.message).toMatch(message);
      expect(sentTo(emulator())).toBe(before);
    });
  });

  describe("counterSign", () => {
    it("signs each signature's value, without a content type", async () => {
      const signers = [await optionsOf("p-256"), await optionsOf("rsa-2048", { padding: "pss" })];
      const first = await signCms(CONTENT, { signers, certificates: [emulator().intermediateCertificate] });
      const second = await counterSign(first, await optionsOf("rsa-3072", { hash: "SHA-384" }));
      expect(await cms.verify(second, CONTENT, "-cades")).toEqual(CONTENT);
      const key = createPublicKey(new X509Certificate(await emulator().certificateOf("rsa-3072")).toString());
      const read = readSignedData(second);
      expect(read.signers).toHaveLength(2);
      expect(read.certificates).toHaveLength(4);
      for (const { signature, unsigned } of read.signers) {
        const [value, ...more] = unsigned.get(COUNTERSIGNATURE) ?? [];
        if (value === undefined) throw new Error("no countersignature");
        expect(more).toEqual([]);
        const counter = readSigner(value);
        expect(counter.attributes.has(CONTENT_TYPE)).toBe(false);
        expect(counter.attributes.get(MESSAGE_DIGEST)?.[0]?.content).toEqual(
          createHash("sha384").update(signature).digest(),
        );
        expect(verify("sha384", counter.signed ?? Buffer.of(), key, counter.signature)).toBe(true);
      }
    });

    it("signs one of them, and again, and keeps the rest byte for byte", async () => {
      const signers = [await optionsOf("p-256"), await optionsOf("rsa-2048")];
      const first = await signCms(CONTENT, { signers });
      const second = await counterSign(first, { ...(await optionsOf("p-384")), signer: 1 });
      const counts = (bytes: Uint8Array) =>
        readSignedData(bytes).signers.map(({ unsigned }) => unsigned.get(COUNTERSIGNATURE)?.length ?? 0);
      expect(counts(second).toSorted()).toEqual([0, 1]);
      const [untouched] = readSignedData(second).signers.filter(({ unsigned }) => unsigned.size === 0);
      expect(readSignedData(first).signers.map(({ bytes }) => bytes)).toContainEqual(untouched?.bytes);
      const third = await counterSign(second, { ...(await optionsOf("p-521")), signedAttributes: false });
      expect(counts(third).toSorted()).toEqual([1, 2]);
      const kept = readSignedData(second).signers.flatMap(({ unsigned }) => [
        ...(unsigned.get(COUNTERSIGNATURE) ?? []),
      ]);
      const now = readSignedData(third).signers.flatMap(
        ({ unsigned }) => unsigned.get(COUNTERSIGNATURE) ?? [],
      );
      for (const { bytes } of kept) expect(now.map((each) => each.bytes)).toContainEqual(bytes);
    });

    it("refuses a signer that there is not, and what describes content", async () => {
      const first = await sign("p-256");
      for (const signer of [1, -1, 0.5, Number.NaN])
        expect(
          await codedFailureOf(counterSign(first, { ...(await optionsOf("p-384")), signer })),
        ).toMatchObject({ code: "REQUEST_REJECTED" });
      const bundle = certificateBundle([emulator().rootCertificate]);
      expect(await codedFailureOf(counterSign(bundle, await optionsOf("p-384")))).toMatchObject({
        code: "REQUEST_REJECTED",
      });
      const options = { ...(await optionsOf("p-384")), mimeType: "a/b" };
      expect(await codedFailureOf(counterSign(first, options))).toMatchObject({ code: "CONFIG_INVALID" });
    });
  });

  describe("mergeCms", () => {
    it("makes one of several, with everything that was in each", async () => {
      const first = await counterSign(await sign("p-256"), await optionsOf("p-384"));
      const all = [
        first,
        await sign("rsa-2048", { hash: "SHA-512" }),
        await sign("p-521", { signedAttributes: false }),
      ];
      const merged = mergeCms(...all);
      for (const each of all) expectKept(each, merged);
      const read = readSignedData(merged);
      expect([read.signers.length, read.certificates.length, read.digestAlgorithms.length]).toEqual([
        3, 5, 2,
      ]);
      expect(await cms.verify(merged, CONTENT)).toEqual(CONTENT);
      expect(mergeCms(merged, first)).toEqual(merged);
    });

    it("refuses different content, different types, attached content and fewer than two", async () => {
      const first = await sign("p-256");
      const other = await signCms(Buffer.from("other"), await optionsOf("p-384"));
      const type = await sign("p-384", { contentType: TST_INFO });
      const attached = await sign("p-384", { detached: false });
      const cases: [Uint8Array[], RegExp][] = [
        [[first, other], /different content/],
        [[first, type], /types/],
        [[first, attached], /attached/],
        [[first], /fewer than two/],
        [[], /fewer than two/],
      ];
      for (const [given, message] of cases) {
        const failure = codedThrownBy(() => mergeCms(...given));
        expect(failure).toMatchObject({ code: "REQUEST_REJECTED", stage: "cms" });
        expect(failure.message).toMatch(message);
      }
    });
  });

  it("is refused where it is none, in bounded time", async () => {
    const good = Buffer.from(await sign("p-256"));
    const counterSigned = Buffer.from(await counterSign(good, await optionsOf("p-256")));
    const changed = (cms: Buffer, from: string, to: string) => {
      expect(cms.includes(from, 0, "hex")).toBe(true);
      return Buffer.from(cms.toString("hex").replace(from, to), "hex");
    };
    const bad = [
      Buffer.of(),
      Buffer.from("0500", "hex"),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.of(0)]),
      Buffer.from("3080".repeat(100_000), "hex"),
      Buffer.from(`3080${"24800400".repeat(50)}`, "hex"),
      changed(good, "06092a864886f70d010702", "06092a864886f70d010701"),
      // No identifier where one must be: of the hash in digestAlgorithms, and of an unsigned attribute.
      changed(good, "0609608648016503040201", "0409608648016503040201"),
      changed(counterSigned, "06092a864886f70d010906", "04092a864886f70d010906"),
      // Content that is no OCTET STRING.
      changed(
        Buffer.from(await sign("p-256", { detached: false })),
        `04${hexOf(CONTENT.length)}`,
        `84${hexOf(CONTENT.length)}`,
      ),
      // More than anybody reads, and an identifier that takes seconds to read.
      signedDataWith(elements(10_001)),
      signedDataWith([], Buffer.concat([Buffer.from("06841e8480", "hex"), Buffer.alloc(1_000_000, 1)])),
    ];
    const options = await optionsOf("p-384");
    const before = sentTo(emulator());
    for (const each of bad) {
      expect(await codedFailureOf(addSigner(each, options))).toMatchObject({ code: "REQUEST_REJECTED" });
      expect(await codedFailureOf(counterSign(each, options))).toMatchObject({ code: "REQUEST_REJECTED" });
      expect(codedThrownBy(() => mergeCms(each, good))).toMatchObject({ code: "REQUEST_REJECTED" });
    }
    expect(await failureOf(addSigner("text" as never, options))).toBeInstanceOf(TypeError);
    expect(sentTo(emulator())).toBe(before);
  });

  it("is merged with as many others as there are, whatever is in them", async () => {
    const all = Array.from({ length: 20 }, (_, index) => signedDataWith(elements(9_999, index)));
    const merged = mergeCms(...all);
    expect(merged.length).toBeGreaterThan(20 * 9_999 * 7);
  });

  it.each([undefined, null, 7, "text"])(
    "is not made, or added to, with options that are %j",
    async (options) => {
      const [good, given] = [await sign("p-256"), options as never];
      for (const refused of [signCms(CONTENT, given), addSigner(good, given), counterSign(good, given)])
        expect(await failureOf(refused)).toEqual(new TypeError("the options must be an object"));
    },
  );

  it.each([7, true, {}])("is not made with lists or a signal that are %j", async (given) => {
    const [policy, wrong] = [await signpath().policy("demo/p-256"), given as never];
    for (const option of ["certificates", "crls", "ocspResponses"])
      expect(await failureOf(signCms(CONTENT, { policy, [option]: wrong }))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/must be a list$/),
      });
    expect(() => certificateBundle(wrong)).toThrow(new TypeError("certificates must be a list"));
    const good = await sign("p-256");
    for (const refused of [
      signCms(CONTENT, { policy, signal: wrong }),
      addSigner(good, { policy, signal: wrong }),
      counterSign(good, { policy, signal: wrong }),
    ])
      expect(await failureOf(refused)).toEqual(new TypeError("signal must be an AbortSignal"));
  });

  it("of certificates alone is read by openssl", async () => {
    const { rootCertificate, intermediateCertificate } = emulator();
    const bundle = certificateBundle([rootCertificate + intermediateCertificate, rootCertificate]);
    expect(readSignedData(bundle)).toMatchObject({ version: 1, signers: [], digestAlgorithms: [] });
    const { stdout, status } = await openssl(["pkcs7", "-inform", "DER", "-print_certs"], { input: bundle });
    expect(status).toBe(0);
    expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    for (const nothing of [[], ["no certificate"]])
      expect(codedThrownBy(() => certificateBundle(nothing))).toMatchObject({ code: "CONFIG_INVALID" });
  });
});
