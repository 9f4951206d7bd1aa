import fc from "fast-check";
import type { SigningPolicy } from "../../src/index.js";
import { signJarBytes } from "../../src/toolkit/jar/index.js";
import { parseManifest } from "../../src/toolkit/jar/manifest.js";
import { ManifestDigests } from "../../src/toolkit/jar/signature-file.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { zipOf } from "../toolkit/jar-support.js";
import { spoiltBytes, spoiltText } from "./arbitraries.js";
import { fuzz, fuzzAsync } from "./harness.js";
import { attemptCoded, expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const policy = (): Promise<SigningPolicy> => signpath().policy("demo/p-256");

const MANIFEST =
  "Manifest-Version: 1.0\r\nCreated-By: 17 (Nobody)\r\n\r\n" +
  "Name: a/entry.txt\r\nSHA-256-Digest: 7Vgjr8ZTIbKPtXIxoj4RRcbM3qOp0fI2LUJrPLSqFhA=\r\n\r\n" +
  "Name: a/name/that/is/so/long/that/it/does/not/go/into/the/first/line/of/the\r\n  manifest\r\nContent-Type: text/plain\r\n\r\n";
const SIGNATURE_FILE =
  "Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: BWPr+KkA1t0ijjYFuNsLIhzOGkT3zr8W/IQAYf8LjXo=\r\n\r\n" +
  "Name: a/entry.txt\r\nSHA-256-Digest: jvvTDkfYSeODcMHpFBRl8nGvdZmUBzUuxMGF5nqHyDQ=\r\n\r\n";
const LINES = [
  "\r\n",
  "\r",
  "\n ",
  "Name: ",
  "Name: a/entry.txt\r\n",
  "SHA-256-Digest: x\r\n",
  ": ",
  " ",
  "\r\n\r\n",
];

const ENTRY = ["a/entry.txt", "text that is deflated, text that is deflated, text that is deflated"] as const;
/** Stored and deflated entries, a directory, a comment; one signed by somebody. */
const ARCHIVES = await Promise.all([
  zipOf([ENTRY, ["stored.so", "1", { level: 0 }], ["META-INF/", ""]], "a comment"),
  zipOf([
    ...([
      ["META-INF/MANIFEST.MF", MANIFEST],
      ["META-INF/OTHER.SF", SIGNATURE_FILE],
    ] as const),
    ...([["META-INF/OTHER.RSA", "nothing"], ENTRY] as const),
  ]),
]);

/** What a header of a ZIP file begins with, and a number in it that is another one. */
const archives: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...ARCHIVES),
        fc.array(
          fc.record({
            kind: fc.constantFrom("PK\x01\x02", "PK\x03\x04", "PK\x05\x06"),
            which: fc.nat(5),
            at: fc.integer({ min: 4, max: 50 }),
            value: fc.oneof(
              fc.constantFrom(0, 1, 8, 9, 0x0800, 0xffff, 0x7fffffff, 0xffffffff),
              fc.nat(0xffffffff),
            ),
            size: fc.constantFrom(1, 2, 4),
          }),
          { minLength: 1, maxLength: 3 },
        ),
      )
      .map(([archive, changes]) => {
        const copy = Buffer.from(archive);
        for (const { kind, which, at, value, size } of changes) {
          const begin = placesOf(copy, kind)[which] ?? copy.indexOf(kind, 0, "latin1");
          const place = Math.min(Math.max(begin, 0) + at, copy.length - size);
          copy.writeUIntLE(value % 2 ** (8 * size), place, size);
        }
        return copy;
      }),
  },
  { weight: 1, arbitrary: spoiltBytes(ARCHIVES) },
);

function placesOf(archive: Buffer, kind: string): number[] {
  const places: number[] = [];
  for (let at = archive.indexOf(kind, 0, "latin1"); at >= 0; at = archive.indexOf(kind, at + 1, "latin1"))
    places.push(at);
  return places;
}

fuzzAsync("jar", "an archive that was changed is signed, or is refused as REQUEST_REJECTED", {
  part: 0.5,
  inputs: fc.tuple(archives, fc.constantFrom("keep", "replace")),
  check: ([archive, existing]) => signedOrRefused(archive, existing),
});

fuzzAsync(
  "jar",
  "an archive with any manifest and signature file is signed, or is refused as REQUEST_REJECTED",
  {
    part: 0.3,
    inputs: fc.tuple(
      spoiltText(fc.constant(MANIFEST), ...LINES),
      spoiltText(fc.constant(SIGNATURE_FILE), ...LINES),
      fc.constantFrom("keep", "replace"),
    ),
    check: async ([manifest, signatureFile, existing]) => {
      const files = [
        ["META-INF/MANIFEST.MF", manifest],
        ["META-INF/OTHER.SF", signatureFile],
        ENTRY,
      ] as const;
      await signedOrRefused(await zipOf(files), existing);
    },
  },
);

fuzz("jar", "a manifest that was changed is read, or is refused as REQUEST_REJECTED", {
  part: 0.2,
  inputs: fc.tuple(
    spoiltBytes([Buffer.from(MANIFEST)]),
    spoiltText(fc.constant(SIGNATURE_FILE), ...LINES).map((text) => Buffer.from(text)),
  ),
  check: (given) => {
    const [manifest, signatureFile] = given.map((bytes) =>
      attemptCoded(() => parseManifest(bytes, "a manifest"), "REQUEST_REJECTED"),
    );
    if (manifest === undefined || signatureFile === undefined) return;
    if (!Buffer.from(given[0]).equals(manifest.bytes.subarray(0, given[0].length)))
      throw new Error("it is another manifest");
    new ManifestDigests(manifest).areSignedBy(signatureFile);
  },
});

async function signedOrRefused(archive: Uint8Array, existing: "keep" | "replace"): Promise<void> {
  try {
    await signJarBytes(archive, { policy: await policy(), existing });
  } catch (error) {
    expectCoded(error, "REQUEST_REJECTED");
  }
}
