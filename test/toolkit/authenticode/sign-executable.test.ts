import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stampCms, timestamp, verifyCms } from "../../../src/cms/index.js";
import type { SignExecutableOptions } from "../../../src/toolkit/authenticode/index.js";
import {
  attachSignature,
  extractSignature,
  signExecutable,
} from "../../../src/toolkit/authenticode/index.js";
import { imageOf } from "../../../src/toolkit/authenticode/pe/image.js";
import { readLayout } from "../../../src/toolkit/authenticode/pe/layout.js";
import { pageHashesOf } from "../../../src/toolkit/authenticode/pe/page-hashes.js";
import { child, readDer } from "../../cms/der.js";
import { readSignedData } from "../../cms/sign/read-signed-data.js";
import { sentTo, useSignPath } from "../../cms/support.js";
import { createAuthority } from "../../support/authority.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { startOpensslTsa } from "../../support/openssl-tsa.js";
import { temporaryFolder } from "../../support/temporary.js";
import { toolkitTest } from "../../support/toolkit-row.js";
import { testWith } from "../../support/verifiers.js";
import type { ImageOptions } from "./images.js";
import { MICROSOFT, makeImage, placesIn, withoutSignature } from "./images.js";
import { Osslsigncode, turned, VARIANTS } from "./osslsigncode.js";

const MICROSOFT_TOKEN = "1.3.6.1.4.1.311.3.3.1";
const CMS_TOKEN = "1.2.840.113549.1.9.16.2.14";

const proves = toolkitTest({
  subpath: "/authenticode",
  toolkit: "PE images, without a toolkit",
  installedAs: null,
  use: "`signExecutable(file, { policy })`",
  verifiers: ["osslsigncode"],
  verifiedBy: ["`osslsigncode verify`"],
});

/** `SpcPeImageData.file`, which holds them; osslsigncode and signtool have other flags before it. */
function pageHashesIn(signature: Uint8Array): Buffer {
  const { content } = readSignedData(signature);
  return child(content ?? readDer(signature), 0, 1, 1).bytes;
}

describe("an executable", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const osslsigncode = new Osslsigncode(emulator);
  const optionsOf = async (
    slug = "rsa-2048",
    more: Partial<SignExecutableOptions> = {},
  ): Promise<SignExecutableOptions> => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });

  for (const { slug, hash, proves: algorithm } of VARIANTS) {
    proves(
      `is signed by demo/${slug} with ${hash}, and no copy that was tampered with`,
      algorithm,
      async () => {
        const signed = Buffer.from(await signExecutable(makeImage(), await optionsOf(slug, { hash })));
        const { text, signatures } = await osslsigncode.verify(signed);
        expect(signatures).toBe(1);
        expect(text).toMatch(new RegExp(`Message digest algorithm *: ${hash.replace("-", "")}`));
        const { entry, table } = placesIn(signed);
        const content = [70, entry + 12, 600, table - 1];
        const verdicts = content.map((at) => osslsigncode.rejects(turned(signed, at)));
        expect(await Promise.all(verdicts)).toEqual(content.map(() => true));
      },
    );
  }

  const KINDS: readonly [string, ImageOptions][] = [
    ["a program of 32 bits", { format: "PE32" }],
    ["a library of 32 bits", { format: "PE32", isLibrary: true }],
    ["a library of 64 bits", { isLibrary: true }],
    ["a driver", { subsystem: 1 }],
    ["an EFI application", { subsystem: 10, sectionAlignment: 512 }],
    ["an installer of an odd length", { overlay: Buffer.from("payload of an installer") }],
    ["a file with more behind its section table", { behindSectionTable: Buffer.from("bound imports") }],
  ];
  for (const [kind, options] of KINDS) {
    proves(`keeps all its bytes as ${kind}`, "RSA PKCS#1", async () => {
      const image = makeImage(options);
      const signed = Buffer.from(await signExecutable(image, await optionsOf()));
      expect((await osslsigncode.verify(signed)).signatures).toBe(1);
      const { table, end } = placesIn(signed);
      expect([table % 8, end]).toEqual([0, signed.length]);
      const padding = Buffer.alloc(table - image.length);
      expect(padding.length).toBeLessThan(8);
      expect(withoutSignature(signed)).toEqual(Buffer.concat([withoutSignature(image), padding]));
    });
  }

  proves("that is signed gets another signature in its place, or nested in it", "P-256", async () => {
    const options = await optionsOf("p-256");
    const replaced = Buffer.from(await signExecutable(MICROSOFT, options));
    expect(await osslsigncode.verify(replaced)).toMatchObject({ signatures: 1 });
    expect(withoutSignature(replaced).equals(withoutSignature(MICROSOFT))).toBe(true);
    const nested = Buffer.from(await signExecutable(MICROSOFT, { ...options, nested: true }));
    // Of the first one osslsigncode has no root here; it finds the second one good all the same.
    expect(await osslsigncode.report(nested)).toMatch(
      /Signature Index: 1[\s\S]*^Signature verification: ok/m,
    );
    const before = readSignedData((await extractSignature(MICROSOFT)) ?? Buffer.of()).signers[0];
    const after = readSignedData((await extractSignature(nested)) ?? Buffer.of()).signers[0];
    expect(after?.signature).toEqual(before?.signature);
    expect(withoutSignature(nested).equals(withoutSignature(MICROSOFT))).toBe(true);
  });

  proves(
    "takes signatures of several keys and hashes, one nested behind the other",
    ["RSA PKCS#1", "P-384"],
    async () => {
      const first = await signExecutable(makeImage(), await optionsOf("rsa-2048", { nested: true }));
      const second = await signExecutable(first, await optionsOf("p-384", { nested: true, hash: "SHA-384" }));
      const stamped = { nested: true, timestamp: emulator().timestampUrl, hash: "SHA-512" } as const;
      const third = await signExecutable(second, await optionsOf("p-521", stamped));
      const { text, signatures, timestamps } = await osslsigncode.verify(third);
      expect([signatures, timestamps]).toEqual([3, 1]);
      const used = [...text.matchAll(/^Message digest algorithm {2}: (\w+)/gm)].map(([, hash]) => hash);
      // Version 2.5 lists them in another order.
      expect(used.sort()).toEqual(["SHA256", "SHA384", "SHA512"]);
      const { signers } = readSignedData((await extractSignature(third)) ?? Buffer.of());
      const nested = signers[0]?.unsigned.get("1.3.6.1.4.1.311.2.4.1") ?? [];
      const hashes = nested.map(({ bytes }) => readSignedData(bytes).digestAlgorithms.join());
      expect(hashes).toEqual(["2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"]);
      expect(await osslsigncode.rejects(turned(third, 700))).toBe(true);
    },
  );

  it("is refused a nested signature where it was changed since the first one, and nothing is sent", async () => {
    const signed = await signExecutable(makeImage(), await optionsOf());
    const before = sentTo(emulator());
    const error = await codedFailureOf(
      signExecutable(turned(signed, 700), await optionsOf("p-256", { nested: true })),
    );
    expect(error).toMatchObject({
      code: "REQUEST_REJECTED",
      message: expect.stringContaining("changed since"),
    });
    expect(sentTo(emulator())).toBe(before);
  });

  proves("tells its name, its address and its pages", "RSA PKCS#1", async () => {
    const about = { description: "Größe 日本", url: "https://app.example/about?x=1" };
    const signed = await signExecutable(
      makeImage(),
      await optionsOf("rsa-2048", { ...about, pageHashes: true }),
    );
    const { text } = await osslsigncode.verify(signed);
    expect(text).toContain(`URL description: ${about.url}`);
    expect(text).toContain(`Text description: ${about.description}`);
    expect(text).toContain("Microsoft Individual Code Signing purpose");
    const [, hashes] = /^Page hash +: (\w+)/m.exec(text) ?? [];
    expect(text).toMatch(new RegExp(`^Calculated page hash : ${hashes}`, "m"));
    const commercial = await signExecutable(
      makeImage(),
      await optionsOf("rsa-2048", { statement: "commercial" }),
    );
    expect((await osslsigncode.verify(commercial)).text).toContain(
      "Microsoft Commercial Code Signing purpose",
    );
  });

  it("is described to the byte as Microsoft describes it", async () => {
    const ours = await extractSignature(await signExecutable(MICROSOFT, await optionsOf()));
    const theirs = await extractSignature(MICROSOFT);
    const [found, expected] = [ours, theirs].map(
      (each) => readSignedData(each ?? Buffer.of()).content?.bytes,
    );
    expect(found).toEqual(expected);
  });

  testWith("osslsigncode", "has the page hashes that osslsigncode finds", async () => {
    const identity = await (await createAuthority("signer")).issue({ rsaBits: 2048 });
    const odd = makeImage({ format: "PE32", overlay: Buffer.from("odd") });
    for (const image of [makeImage(), odd, MICROSOFT]) {
      const theirs = await osslsigncode.extract(
        await osslsigncode.sign(image, identity, "-h", "sha256", "-ph"),
      );
      const signed = await signExecutable(image, await optionsOf("rsa-2048", { pageHashes: true }));
      const ours = await osslsigncode.extract(signed);
      expect(Buffer.from((await extractSignature(signed)) ?? [])).toEqual(ours);
      const [found, expected] = [ours, theirs].map((each) => pageHashesIn(each));
      expect(found).toEqual(expected);
    }
  });

  it("has no page hashes where its pages are of another length", async () => {
    const before = sentTo(emulator());
    const options = await optionsOf("rsa-2048", { pageHashes: true });
    const error = await codedFailureOf(signExecutable(makeImage({ sectionAlignment: 512 }), options));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", message: expect.stringContaining("4096") });
    expect(sentTo(emulator())).toBe(before);
  });

  it("has the attributes and the algorithms of PKCS #7 that Authenticode knows, and no others", async () => {
    const signature = await extractSignature(await signExecutable(makeImage(), await optionsOf()));
    const { signers, version } = readSignedData(signature ?? Buffer.of());
    expect(version).toBe(1);
    expect([...(signers[0]?.attributes.keys() ?? [])].sort()).toEqual([
      "1.2.840.113549.1.9.3",
      "1.2.840.113549.1.9.4",
      "1.3.6.1.4.1.311.2.1.11",
      "1.3.6.1.4.1.311.2.1.12",
    ]);
    const hex = Buffer.from(signature ?? []).toString("hex");
    // rsaEncryption with NULL, and nowhere sha256WithRSAEncryption but in certificates.
    expect(hex).toContain("300d06092a864886f70d01010105000482");
    expect(hex).toContain("310f300d06096086480165030402010500");
  });

  describe("with a timestamp", () => {
    proves("has it where Windows looks for it", ["RSA PKCS#1", "P-256"], async () => {
      for (const slug of ["rsa-2048", "p-256"]) {
        const signed = await signExecutable(
          makeImage(),
          await optionsOf(slug, { timestamp: emulator().timestampUrl }),
        );
        expect(await osslsigncode.verify(signed)).toMatchObject({ signatures: 1, timestamps: 1 });
        const signature = (await extractSignature(signed)) ?? Buffer.of();
        const unsigned = readSignedData(signature).signers[0]?.unsigned ?? new Map();
        expect([unsigned.has(MICROSOFT_TOKEN), unsigned.has(CMS_TOKEN)]).toEqual([true, false]);
        const { signers } = await verifyCms(signature, { roots: [emulator().rootCertificate] });
        expect(signers[0]?.timestamp?.verified).toBe(true);
      }
    });

    proves("takes one of openssl's authority", "RSA PKCS#1", async () => {
      const authority = await startOpensslTsa();
      const signed = await signExecutable(
        makeImage(),
        await optionsOf("rsa-2048", { timestamp: authority.url }),
      );
      const verified = await osslsigncode.verify(signed, authority.rootCertificate);
      expect(verified).toMatchObject({ signatures: 1, timestamps: 1 });
    });

    proves("gets it later where no authority answered", "RSA PKCS#1", async () => {
      const image = makeImage();
      const options = await optionsOf("rsa-2048", {
        timestamp: { authorities: ["http://127.0.0.1:1/"], retries: 0 },
      });
      const error = await failureOf(signExecutable(image, options));
      expect(error).toMatchObject({ code: "TIMESTAMP_FAILED" });
      const before = sentTo(emulator());
      const cms = (error as { cms: Uint8Array }).cms;
      const stamped = await stampCms(cms, { authorities: [emulator().timestampUrl], client: signpath() });
      expect(await stampCms(stamped, { authorities: ["http://127.0.0.1:1/"] })).toEqual(stamped);
      const signed = await attachSignature(image, stamped);
      expect(await osslsigncode.verify(signed)).toMatchObject({ signatures: 1, timestamps: 1 });
      expect(sentTo(emulator())).toBe(before);
      const refused = await codedFailureOf(attachSignature(turned(image, 700), stamped));
      expect(refused).toMatchObject({ code: "REQUEST_REJECTED" });
    });

    proves("does without, where that is asked for, and says so", "RSA PKCS#1", async () => {
      const warnings: unknown[] = [];
      const signed = await signExecutable(
        makeImage(),
        await optionsOf("rsa-2048", {
          timestamp: { authorities: ["http://127.0.0.1:1/"], retries: 0 },
          onTimestampFailure: "unstamped",
          onWarning: (error) => warnings.push(error),
        }),
      );
      expect(await osslsigncode.verify(signed)).toMatchObject({ signatures: 1, timestamps: 0 });
      expect(warnings).toMatchObject([{ code: "TIMESTAMP_FAILED" }]);
    });
  });

  proves("is signed sixteen times at once", ["RSA PKCS#1", "P-256"], async () => {
    const [rsa, ec] = [await optionsOf("rsa-2048"), await optionsOf("p-256")];
    const images = Array.from({ length: 16 }, (_, index) => makeImage({ sections: [100 + index * 600] }));
    const signed = await Promise.all(
      images.map((image, index) => signExecutable(image, index % 2 ? rsa : ec)),
    );
    for (const each of signed) expect((await osslsigncode.verify(each)).signatures).toBe(1);
  });

  it("is signed as it was at the time of the call", async () => {
    const image = makeImage();
    const signing = signExecutable(image, await optionsOf());
    const copy = Buffer.from(image);
    const { policy } = await optionsOf();
    const second = signExecutable(copy, { policy });
    copy.fill(0);
    await signing;
    expect(withoutSignature(Buffer.from(await second))).toEqual(withoutSignature(image));
  });

  it("is not signed after an abort", async () => {
    const before = sentTo(emulator());
    const options = await optionsOf("rsa-2048", { signal: AbortSignal.abort(new Error("enough")) });
    expect(await codedFailureOf(signExecutable(makeImage(), options))).toMatchObject({ code: "ABORTED" });
    expect(sentTo(emulator())).toBe(before);
  });

  it.each([0, 1])("is not signed after an abort while it is read: turn %i", async (turn) => {
    const path = join(temporaryFolder(), "app.exe");
    const image = makeImage({ sections: [30_000_000] });
    await writeFile(path, image);
    const before = sentTo(emulator());
    for (const source of [image, path]) {
      const controller = new AbortController();
      const options = await optionsOf("rsa-2048", { signal: controller.signal, pageHashes: true });
      const signing = codedFailureOf(signExecutable(source, options));
      if (turn === 0) controller.abort(new Error("enough"));
      else setImmediate(() => controller.abort(new Error("enough")));
      expect(await signing).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    }
    expect(sentTo(emulator())).toBe(before);
  });

  it("makes no page hashes after an abort", async () => {
    const image = makeImage({ sections: [700] });
    const failing = pageHashesOf(
      imageOf(image),
      await readLayout(imageOf(image)),
      AbortSignal.abort(new Error("enough")),
    );
    expect(await codedFailureOf(failing)).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
  });

  it.each<[string, string, Partial<Record<keyof SignExecutableOptions, unknown>>, string, RegExp]>([
    [
      "RSA-PSS",
      "rsa-2048",
      { padding: "pss" },
      "ALGORITHM_NOT_SUPPORTED",
      /Windows takes no RSA-PSS.*PKCS#1/,
    ],
    ["SHA-1", "rsa-2048", { hash: "SHA-1" }, "ALGORITHM_NOT_SUPPORTED", /SHA-256, SHA-384, SHA-512/],
    ["a padding for an EC key", "p-256", { padding: "pkcs1" }, "ALGORITHM_NOT_SUPPORTED", /has an EC key/],
    ["an empty description", "rsa-2048", { description: " " }, "CONFIG_INVALID", /description/],
    ["a description with NUL", "rsa-2048", { description: "a\0b" }, "CONFIG_INVALID", /description/],
    ["half a character", "rsa-2048", { description: "a\ud83d" }, "CONFIG_INVALID", /description/],
    ["another kind of address", "rsa-2048", { url: "ftp://a.example" }, "CONFIG_INVALID", /http or https/],
    ["an address that is no ASCII", "rsa-2048", { url: "https://ü.example" }, "CONFIG_INVALID", /ASCII/],
    ["another statement", "rsa-2048", { statement: "personal" }, "CONFIG_INVALID", /individual/],
    ["certificates that are none", "rsa-2048", { certificates: ["none"] }, "CONFIG_INVALID", /certificate 1/],
    ["a timestamp by nobody", "rsa-2048", { timestamp: [] }, "CONFIG_INVALID", /no authority/],
  ])("is refused with %s before anything is sent", async (_title, slug, more, code, message) => {
    const before = sentTo(emulator());
    const options = await optionsOf(slug, more as Partial<SignExecutableOptions>);
    const error = await codedFailureOf(signExecutable(makeImage(), options));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(sentTo(emulator())).toBe(before);
  });

  it("needs a policy and bytes or a path", async () => {
    const options = await optionsOf();
    expect(await failureOf(signExecutable(makeImage(), { ...options, policy: {} as never }))).toBeInstanceOf(
      TypeError,
    );
    expect(await failureOf(signExecutable(7 as never, options))).toBeInstanceOf(TypeError);
    expect(await failureOf(signExecutable("does-not-exist.exe", options))).toMatchObject({ code: "ENOENT" });
  });

  it("is unsigned where it has no signature", async () => {
    expect(await extractSignature(makeImage())).toBeUndefined();
    const { token } = await timestamp(Buffer.alloc(32), {
      authorities: [emulator().timestampUrl],
      client: signpath(),
    });
    expect(await codedFailureOf(attachSignature(makeImage(), token))).toMatchObject({
      code: "REQUEST_REJECTED",
    });
  });
});
