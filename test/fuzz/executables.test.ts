import fc from "fast-check";
import type { SigningPolicy } from "../../src/index.js";
import {
  attachSignature,
  createSignerObject,
  extractSignature,
  finalizeExecutable,
  signExecutable,
} from "../../src/toolkit/authenticode/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { MICROSOFT, makeImage, placesIn } from "../toolkit/authenticode/images.js";
import { spoiltBytes } from "./arbitraries.js";
import { derEdits, edited, spoiltDer } from "./der-edits.js";
import { fuzzAsync } from "./harness.js";
import { expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const policy = (): Promise<SigningPolicy> => signpath().policy("demo/p-256");

/** Without its signature, signed and of either width. */
const PLAIN = [makeImage(), makeImage({ format: "PE32", overlay: Buffer.alloc(20, 1) })];
const SIGNATURE = await signatureOf(MICROSOFT);
/** The headers of one that is signed, with its signature: what is between takes time only. */
const SIGNED = await Promise.all(PLAIN.map((image) => withTable(image, SIGNATURE)));

async function signatureOf(image: Buffer): Promise<Uint8Array> {
  const signature = await extractSignature(image);
  if (signature === undefined) throw new Error("it is not signed");
  return signature;
}

function withTable(image: Buffer, signature: Uint8Array): Buffer {
  const length = Math.ceil((8 + signature.length) / 8) * 8;
  const table = Buffer.alloc(length);
  table.writeUInt32LE(length, 0);
  table.writeUInt32LE(0x00020200, 4);
  table.set(signature, 8);
  const content = Buffer.concat([image, Buffer.alloc(-image.length & 7)]);
  const { entry } = placesIn(image);
  content.writeUInt32LE(content.length, entry);
  content.writeUInt32LE(length, entry + 4);
  return Buffer.concat([content, table]);
}

/** Words of the headers that mean something, or become something strange. */
const words = fc.array(
  fc.tuple(
    fc.oneof(fc.nat(600), fc.constantFrom(60, 128 + 4, 128 + 6, 128 + 20, 128 + 24, 128 + 24 + 108)),
    fc.oneof(
      fc.constantFrom(0, 1, 2, 4, 8, 40, 128, 0x1000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff),
      fc.nat(8000),
      fc.nat(0xffffffff),
    ),
    fc.constantFrom(1, 2, 4),
  ),
  { minLength: 1, maxLength: 3 },
);

const images: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...PLAIN, ...SIGNED), words).map(([image, changes]) => {
      const copy = Buffer.from(image);
      for (const [at, value, size] of changes) copy.writeUIntLE(value % 2 ** (8 * size), at, size);
      return copy;
    }),
  },
  { weight: 1, arbitrary: spoiltBytes([...PLAIN, ...SIGNED]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...PLAIN), derEdits)
      .map(([image, edits]) => withTable(image, edited(SIGNATURE, edits))),
  },
);

const OPTIONS = [{}, { nested: true }, { pageHashes: true }, { nested: true, pageHashes: true }] as const;

fuzzAsync("executables", "an executable that was changed is signed, or is refused as REQUEST_REJECTED", {
  part: 0.4,
  inputs: fc.tuple(images, fc.constantFrom(...OPTIONS)),
  check: async ([image, options]) => {
    const signed = await orRefused(async () => signExecutable(image, { policy: await policy(), ...options }));
    if (signed !== undefined && (await extractSignature(signed)) === undefined)
      throw new Error("it has no signature");
  },
});

fuzzAsync(
  "executables",
  "the signature of one that was changed is found, or it is refused as REQUEST_REJECTED",
  {
    part: 0.3,
    inputs: images,
    check: async (image) => {
      await orRefused(() => extractSignature(image));
      const finished = await orRefused(() => finalizeExecutable(image));
      if (finished !== undefined && finished.length !== image.length)
        throw new Error("it has another length");
    },
  },
);

let signed: Promise<{ image: Buffer; signature: Uint8Array }> | undefined;

async function signedByUs(): Promise<{ image: Buffer; signature: Uint8Array }> {
  const [image = Buffer.of()] = PLAIN;
  return {
    image,
    signature: await signatureOf(Buffer.from(await signExecutable(image, { policy: await policy() }))),
  };
}

fuzzAsync(
  "executables",
  "a signature that was changed is attached and nested, or is refused as REQUEST_REJECTED",
  {
    part: 0.2,
    inputs: fc.tuple(derEdits, derEdits, fc.boolean()),
    check: async ([edits, others, isNested]) => {
      signed ??= signedByUs();
      const { image, signature } = await signed;
      const target = isNested ? withTable(image, edited(signature, others)) : image;
      const given = isNested ? signature : edited(signature, edits);
      await orRefused(() => attachSignature(target, given, { nested: isNested }));
    },
  },
);

/** `TimeStampReq`, as resedit makes it. */
const REQUEST = Buffer.from(`30360201013031300d060960864801650304020105000420${"2a".repeat(32)}`, "hex");

fuzzAsync(
  "executables",
  "a timestamp request that was changed is answered, or is refused as REQUEST_REJECTED",
  {
    part: 0.1,
    inputs: spoiltDer([REQUEST]),
    check: async (request) => {
      const signer = createSignerObject({ policy: await policy(), timestamp: emulator().timestampUrl });
      await orRefused(async () => signer.timestampData?.(new Uint8Array(request).buffer));
    },
  },
);

async function orRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    expectCoded(error, "REQUEST_REJECTED");
    return undefined;
  }
}
