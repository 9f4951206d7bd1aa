import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SignPathError } from "../../../src/base/errors.js";
import { encode, TAGS } from "../../../src/cms/asn1/der.js";
import { objectIdentifier } from "../../../src/cms/asn1/object-identifier.js";
import { readCms } from "../../../src/cms/sign/edit/read.js";
import { rebuild } from "../../../src/cms/sign/edit/rebuild.js";
import { encodeSignerInfo } from "../../../src/cms/sign/signer-info.js";
import {
  attachSignature,
  createSignerObject,
  extractSignature,
  finalizeExecutable,
  signExecutable,
} from "../../../src/toolkit/authenticode/index.js";
import { sentTo, useSignPath } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { assertProperty } from "../../support/properties.js";
import { MICROSOFT, makeImage, placesIn } from "./images.js";

/** A copy with 32-bit numbers written into it. */
function changed(image: Buffer, ...numbers: readonly (readonly [at: number, value: number])[]): Buffer {
  const copy = Buffer.from(image);
  for (const [at, value] of numbers) copy.writeUInt32LE(value, at);
  return copy;
}

describe("a file that is no executable as it should be", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const image = makeImage();
  const { entry } = placesIn(image);
  const [optional, table] = [128 + 24, 128 + 24 + 240];
  const signed = placesIn(MICROSOFT);

  it.each<[string, Buffer, RegExp]>([
    ["nothing", Buffer.of(), /does not begin with MZ/],
    ["text", Buffer.from("#!/bin/sh\n".repeat(20)), /PE images \(exe, dll, sys, efi, node\) only/],
    ["an MSI", Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]), /MSI/],
    ["a package", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(600)]), /APPX/],
    ["a program of DOS", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(600)]), /no PE image/],
    ["one whose headers are elsewhere", changed(image, [60, 0xfffffff0]), /no PE image/],
    ["one that is not aligned", changed(image, [60, 130]), /no PE image/],
    ["an image of a ROM", changed(image, [optional, 0x107]), /neither of PE32/],
    ["one without a place for signatures", changed(image, [optional + 108, 4]), /no entry for signatures/],
    ["one with short headers", changed(image, [128 + 20, 112]), /no entry for signatures/],
    ["one with more sections than bytes", changed(image, [128 + 4, 0xffff8664]), /it ends where/],
    ["one that is cut off", image.subarray(0, 4000), /cut off/],
    ["one with a section of all memory", changed(image, [table + 16, 0xfffffe00]), /cut off/],
    ["one with its signature elsewhere", changed(image, [entry, 0xfffffff8], [entry + 4, 8]), /not inside/],
    ["one with its signature in its headers", changed(image, [entry, 64], [entry + 4, 4096]), /not inside/],
    [
      "one with a signature over a section",
      changed(image, [entry, 1024], [entry + 4, image.length - 1024]),
      /into its certificate table/,
    ],
    [
      "one that grew since it was signed",
      Buffer.concat([MICROSOFT, Buffer.alloc(64)]),
      /behind its certificate table/,
    ],
  ])("as %s, is refused before anything is sent", async (_title, file, message) => {
    const before = sentTo(emulator());
    const policy = await signpath().policy("demo/rsa-2048");
    const error = await codedFailureOf(signExecutable(file, { policy }));
    expect(error).toMatchObject({
      code: "REQUEST_REJECTED",
      message: expect.stringMatching(message),
      attempts: 0,
    });
    expect(sentTo(emulator())).toBe(before);
  });

  it.each<[string, Buffer]>([
    ["of another type", changed(MICROSOFT, [signed.table + 4, 0x00010200])],
    ["of no length", changed(MICROSOFT, [signed.table, 0])],
    ["of too much length", changed(MICROSOFT, [signed.table, 0x7fffffff])],
    ["of two parts", changed(MICROSOFT, [signed.table, 4096])],
    ["of something else", changed(MICROSOFT, [signed.table + 8, 0x01020304])],
  ])("with a signature %s, takes no nested one", async (_title, file) => {
    const before = sentTo(emulator());
    const policy = await signpath().policy("demo/rsa-2048");
    const error = await codedFailureOf(signExecutable(file, { policy, nested: true }));
    expect(error.code).toBe("REQUEST_REJECTED");
    expect(sentTo(emulator())).toBe(before);
  });

  it("with nested signatures that are cut off or too many, takes no further one", async () => {
    const policy = await signpath().policy("demo/p-256");
    const once = await signExecutable(image, { policy });
    const primary = new Uint8Array((await extractSignature(once)) ?? []);
    const cms = readCms(primary);
    const withNested = (values: Buffer): Promise<Uint8Array> => {
      const type = objectIdentifier("1.3.6.1.4.1.311.2.4.1");
      const unsigned = [encode(TAGS.sequence, type, encode(TAGS.set, values))];
      const signerInfos = cms.signers.map((signer) => encodeSignerInfo({ ...signer, unsigned }));
      return attachSignature(image, rebuild(cms, { signerInfos, signerVersions: [1] }));
    };
    for (const values of ["3005", "3000".repeat(101)]) {
      const file = await withNested(Buffer.from(values, "hex"));
      const error = await codedFailureOf(attachSignature(file, primary, { nested: true }));
      expect(error).toMatchObject({
        code: "REQUEST_REJECTED",
        message: expect.stringMatching(/nested already/),
      });
    }
    const file = await withNested(Buffer.from("3000".repeat(99), "hex"));
    expect(await extractSignature(await attachSignature(file, primary, { nested: true }))).toBeDefined();
  });

  it("with sections that are each all of it, has no page hashes", async () => {
    const file = makeImage({ sections: [4000, 100] });
    const size = file.readUInt32LE(table + 16);
    file.writeUInt32LE(size, table + 40 + 16);
    file.writeUInt32LE(file.readUInt32LE(table + 20), table + 40 + 20);
    const policy = await signpath().policy("demo/rsa-2048");
    const error = await codedFailureOf(signExecutable(file, { policy, pageHashes: true }));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", message: expect.stringMatching(/overlap/) });
    expect(await extractSignature(await signExecutable(file, { policy }))).toBeDefined();
  });

  it.each([undefined, null, 7, "text", {}])(
    "gets no signature that is %j, and no such options",
    async (given) => {
      const failure = await failureOf(attachSignature(image, given as never));
      expect(failure).toEqual(new TypeError("a signature must be bytes"));
      if (given === undefined || typeof given === "object") return;
      for (const refused of [
        attachSignature(image, Buffer.of(), given as never),
        signExecutable(image, given as never),
      ])
        expect(await failureOf(refused)).toEqual(new TypeError("the options must be an object"));
    },
  );

  it.each(["", "00", "3000", "30040201", "300702010130023000", "300a020101300530000401ff"])(
    "is not stamped by a signer object that is asked by %j",
    async (request) => {
      const policy = await signpath().policy("demo/p-256");
      const signer = createSignerObject({ policy, timestamp: emulator().timestampUrl });
      const bytes = new Uint8Array(Buffer.from(request, "hex")).buffer;
      expect(await codedFailureOf(signer.timestampData?.(bytes) ?? Promise.resolve())).toMatchObject({
        code: "REQUEST_REJECTED",
      });
      for (const nothing of [undefined, null, 7, {}]) {
        const failures = [signer.timestampData?.(nothing as never), signer.digestData(nothing as never)];
        for (const failure of failures)
          expect(await failureOf(failure ?? Promise.resolve())).toMatchObject({
            name: "TypeError",
            message: expect.stringMatching(/must be bytes|must give/),
          });
      }
    },
  );

  it("fails with an error of ours or is read, whatever its headers and its signature are", async () => {
    const start = MICROSOFT.readUInt32LE(60);
    const place = fc.oneof(
      fc.integer({ min: 0, max: 63 }),
      fc.integer({ min: start, max: start + 500 }),
      fc.integer({ min: signed.table, max: MICROSOFT.length - 1 }),
    );
    const changes = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    const property = fc.asyncProperty(changes, fc.option(fc.nat(MICROSOFT.length)), async (edits, cut) => {
      const file = Buffer.from(MICROSOFT);
      for (const [at, value] of edits) file[at] = value;
      const given = cut === null ? file : file.subarray(0, cut);
      await extractSignature(given)
        .then((signature) => attachSignature(given, signature ?? Buffer.of(), { nested: true }))
        .then(finalizeExecutable)
        .catch((error: unknown) => {
          if (!(error instanceof SignPathError)) throw error;
        });
    });
    // An attribute that is not signed has no type.
    const found: [[number, number][], number | null][] = [[[[454_368, 0]], null]];
    await assertProperty(property, { numRuns: 300, examples: found });
  });
});
