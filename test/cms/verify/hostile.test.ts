import { describe, expect, it } from "vitest";
import { verifyCms } from "../../../src/cms/index.js";
import { codes, failure, OPTIONS, one, usual } from "./support/hand-made.js";
import { certificate, key, name } from "./support/write-certificate.js";
import {
  algorithm,
  attribute,
  CONTENT,
  ID,
  messageDigest,
  SERIAL,
  signedData,
  signerInfo,
} from "./support/write-cms.js";
import { der, indefinite, integer, nothing, octets, oid, sequence, set } from "./support/write-der.js";

describe("what would cost much is refused at little cost:", () => {
  const MEGABYTE = 1_048_576;
  const nest = (depth: number, wrap: (inner: Buffer) => Buffer, inner: Buffer = nothing): Buffer => {
    let value = inner;
    for (let level = 0; level < depth; level++) value = wrap(value);
    return value;
  };
  /** Everything before the content, of indefinite length. */
  const head = (more: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from([0x30, 0x80]),
      oid(ID.signedData),
      Buffer.from([0xa0, 0x80, 0x30, 0x80]),
      integer(1),
      set(algorithm(ID.sha256)),
      more,
    ]);
  const content = (inside: Buffer): Buffer =>
    head(Buffer.concat([Buffer.from([0x30, 0x80]), oid(ID.data), Buffer.from([0xa0, 0x80]), inside]));
  const afterContent = (rest: Buffer): Buffer => head(Buffer.concat([sequence(oid(ID.data)), rest]));
  const open = (tag: number, count: number): Buffer => Buffer.alloc(count * 2, Buffer.from([tag, 0x80]));
  const nulls = set(Buffer.alloc(1500, nothing));
  const rows: [string, Buffer][] = [
    [
      "content in millions of tiny pieces",
      content(
        Buffer.concat([Buffer.from([0x24, 0x80]), Buffer.alloc(9 * MEGABYTE, Buffer.from([0x04, 1, 0x61]))]),
      ),
    ],
    ["content in a million strings within each other", content(open(0x24, MEGABYTE))],
    ["certificates in a million values within each other", afterContent(open(0xa0, MEGABYTE))],
    [
      "signed attributes deep within each other",
      one({
        attributes: [
          ...usual,
          attribute(
            "1.2.3",
            nest(5000, (inner) => sequence(inner)),
          ),
        ],
      }),
    ],
    [
      "signed attributes of millions of values",
      one({
        attributes: [
          ...usual,
          attribute(
            "1.2.3",
            ...Array.from({ length: 90 }, () => set(...Array.from({ length: 90 }, () => nulls))),
          ),
        ],
      }),
    ],
    [
      "a million empty values of indefinite length",
      afterContent(
        Buffer.concat([
          Buffer.from([0xa0, 0x80]),
          Buffer.alloc(4 * MEGABYTE, Buffer.from([0x30, 0x80, 0, 0])),
        ]),
      ),
    ],
    [
      "a million tiny certificates",
      signedData({ certificates: [Buffer.alloc(2 * MEGABYTE, Buffer.from([0x30, 0]))] }),
    ],
    ["a million tiny signers", signedData({ signers: [Buffer.alloc(2 * MEGABYTE, Buffer.from([0x30, 0]))] })],
    ["a million tiny attributes", one({ unsigned: [Buffer.alloc(2 * MEGABYTE, Buffer.from([0x30, 0]))] })],
    [
      "a million digest algorithms",
      signedData({ digestAlgorithms: [Buffer.alloc(2 * MEGABYTE, Buffer.from([0x30, 0]))] }),
    ],
    ["a length of sixteen exabytes", Buffer.from("3088ffffffffffffffff", "hex")],
    ["a length of 255 terabytes in the tail", afterContent(Buffer.from("a086ffffffffffff00", "hex"))],
    ["a length that is not there", afterContent(Buffer.from("a0847fffffff00", "hex"))],
    [
      "seventeen megabytes of certificates",
      signedData({ certificates: [octets(Buffer.alloc(17 * MEGABYTE))] }),
    ],
    ["a value that reaches beyond the one around it", sequence(Buffer.from("3010", "hex"))],
    [
      "an inner end that comes after the outer one",
      sequence(oid(ID.signedData), Buffer.from("a080", "hex"), sequence(integer(1))),
    ],
    ["a tag of many bytes", Buffer.from("3f8080808080808001", "hex")],
    [
      "two hundred counter-signatures",
      one({
        unsigned: [
          attribute(
            ID.countersignature,
            ...Array.from({ length: 99 }, () => signerInfo({ attributes: [messageDigest()] })),
          ),
          attribute(
            ID.countersignature,
            ...Array.from({ length: 99 }, () => signerInfo({ attributes: [messageDigest()] })),
          ),
          attribute(ID.countersignature, signerInfo(), signerInfo()),
        ],
      }),
    ],
  ];

  it.each(rows)("%s", async (_title, cms) => {
    const before = process.cpuUsage();
    const error = await failure(cms);
    expect(codes(error)).toContain("MALFORMED");
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
  });

  it("what nobody looks at may be as deep as it likes", async () => {
    const deep = attribute(
      "1.2.3",
      nest(5000, (inner) => sequence(inner)),
    );
    expect((await verifyCms(one({ unsigned: [deep] }), OPTIONS)).signers[0]?.verified).toBe(true);
  });

  it("authorities that have all issued each other", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `CN=CA ${index}`);
    const certificates = names.flatMap((subject) => names.map((issuer) => certificate({ subject, issuer })));
    const leaf = certificate({ subject: "CN=Lost", issuer: "CN=CA 0", ca: undefined, serial: SERIAL });
    const sid = { sid: sequence(name("CN=CA 0"), SERIAL), key: key("CN=Lost") };
    const cms = signedData({ certificates: [leaf, ...certificates], signers: [signerInfo(sid)] });
    expect(codes(await failure(cms))).toEqual(["CHAIN_INCOMPLETE"]);
  });

  it("content without an end is read in constant memory, and its reader may end it", async () => {
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      yield content(Buffer.from([0x24, 0x80]));
      for (;;) yield octets(Buffer.alloc(65_536));
    }
    let bytes = 0;
    const enough = new Error("enough");
    const reading = verifyCms(endless(), {
      ...OPTIONS,
      onContent: (chunk) => {
        bytes += chunk.length;
        if (bytes > 64 * MEGABYTE) throw enough;
      },
    });
    await expect(reading).rejects.toBe(enough);
  });

  it("a content of another form is the same content", async () => {
    const pieces = [CONTENT.subarray(0, 3), Buffer.alloc(0), CONTENT.subarray(3)].map(octets);
    for (const form of [
      der(0x24, ...pieces),
      indefinite(0x24, ...pieces),
      indefinite(0x24, der(0x24, ...pieces)),
    ])
      expect((await verifyCms(signedData({ content: form }), OPTIONS)).signers[0]?.verified).toBe(true);
  });
});
