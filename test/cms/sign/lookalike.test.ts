import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { encode, TAGS } from "../../../src/cms/asn1/der.js";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { addSigner, counterSign, signCms, signCmsStream } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { CONTENT, sentTo, useSignPath } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

const OWN = "1.3.6.1.4.1.99999.1";

describe("content that is the signed attributes of another signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const optionsOf = async (more: Partial<SignCmsOptions> = {}): Promise<SignCmsOptions> => ({
    policy: await signpath().policy("demo/p-256"),
    signedAttributes: false,
    ...more,
  });
  /** The attributes of a signature as they are signed; with a value of so many bytes where there is a number. */
  const attributes = async (bytes?: number, more: Partial<SignCmsOptions> = {}): Promise<Buffer> => {
    const own =
      bytes === undefined ? [] : [{ type: OWN, values: encode(TAGS.octetString, new Uint8Array(bytes)) }];
    const options = await optionsOf({ signedAttributes: true, attributes: own, ...more });
    const [signer] = readSignedData(await signCms(CONTENT, options)).signers;
    return Buffer.from(signer?.signed ?? []);
  };
  const refuses = async (signing: () => Promise<unknown>): Promise<void> => {
    const before = sentTo(emulator());
    const failure = await codedFailureOf(signing());
    expect(failure).toMatchObject({ code: "REQUEST_REJECTED", stage: "cms", attempts: 0 });
    expect(sentTo(emulator())).toBe(before);
  };
  const inPieces = async function* (content: Uint8Array): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of();
    for (let begin = 0; begin < content.length; begin += 7) yield content.subarray(begin, begin + 7);
  };

  it.each([
    ["few", undefined],
    ["large", 100_000],
  ])("is not signed without attributes, from whatever source: %s", async (_title, bytes) => {
    const content = await attributes(bytes);
    const path = join(temporaryFolder(), "content");
    await writeFile(path, content);
    const shared = new Uint8Array(new SharedArrayBuffer(content.length));
    shared.set(content);
    for (const detached of [true, false]) {
      const options = await optionsOf({ detached });
      for (const source of [
        () => content,
        () => shared,
        () => path,
        () => new Blob([new Uint8Array(content)]),
        () => inPieces(content),
      ]) {
        await refuses(() => signCms(source(), options));
        await refuses(() => buffer(signCmsStream(source(), options)));
      }
    }
  });

  it("is not signed either where its length is written with more octets than it needs", async () => {
    const content = await attributes(200);
    expect(content.subarray(0, 2)).toEqual(Buffer.of(0x31, 0x82));
    const [length, rest] = [content.subarray(2, 4), content.subarray(4)];
    for (const zeros of [1, 5, 12]) {
      const header = Buffer.concat([Buffer.of(0x31, 0x82 + zeros), Buffer.alloc(zeros), length]);
      await refuses(async () => signCms(Buffer.concat([header, rest]), await optionsOf()));
    }
  });

  it("is not signed by one of several signers who signs no attributes", async () => {
    const policy = await signpath().policy("demo/p-256");
    const content = await attributes();
    await refuses(() => signCms(content, { signers: [{ policy }, { policy, signedAttributes: false }] }));
  });

  it("is signed with attributes, and is another content where anything follows or precedes it", async () => {
    const content = await attributes();
    await signCms(content, await optionsOf({ signedAttributes: true }));
    for (const other of [[content, Buffer.of(0)], [Buffer.of(0), content], [content.subarray(1)]])
      await signCms(Buffer.concat(other), await optionsOf());
    for (const text of ["1", "100", "", `10${"0".repeat(48)}`, "1€ and 50 cents"])
      await signCms(Buffer.from(text), await optionsOf());
    // As one signature of RSA in 540 begins: a length of more octets than there can be.
    await signCms(Buffer.concat([Buffer.of(0x31, 0xf4), Buffer.alloc(254, 0xa5)]), await optionsOf());
  });

  it("is not signed by a signer who is added without attributes, nor is a digest that another one names", async () => {
    const content = await attributes();
    const first = await signCms(content, await optionsOf({ signedAttributes: true }));
    const options = { policy: await signpath().policy("demo/p-256"), signedAttributes: false };
    const attached = await signCms(content, await optionsOf({ signedAttributes: true, detached: false }));
    await refuses(async () => addSigner(first, { ...options, content }));
    await refuses(async () => addSigner(attached, options));
    await refuses(async () => addSigner(first, options));
  });

  it("is not counter-signed without attributes in the place of a signature", async () => {
    const policy = await signpath().policy("demo/rsa-2048");
    const first = Buffer.from(await signCms(CONTENT, { policy }));
    const signature = readSignedData(first).signers[0]?.signature ?? Buffer.of();
    const small = await attributes(1, { signingCertificate: false });
    const more = signature.length - small.length;
    // Lengths from 128 on have one byte more: those of the value, the set, the attribute and all.
    const lengths = [more + 1, more, more - 1, more - 2, more - 3];
    const all = await Promise.all(lengths.map((bytes) => attributes(bytes, { signingCertificate: false })));
    const posing = all.find(({ length }) => length === signature.length);
    expect(posing).toBeDefined();
    posing?.copy(first, first.indexOf(signature));
    await refuses(async () => counterSign(first, { policy, signedAttributes: false }));
  });
});
