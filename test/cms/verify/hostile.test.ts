import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ReasonCode, VerifyCmsOptions } from "../../../src/cms/index.js";
import { CmsVerificationError, verifyCms } from "../../../src/cms/index.js";
import { codedFailureOf } from "../../support/failure.js";
import { certificate, crl, key, NOW, name, years } from "./support/write-certificate.js";
import {
  algorithm,
  attribute,
  CONTENT,
  contentType,
  digest,
  ID,
  messageDigest,
  ROOT,
  SERIAL,
  SIGNER,
  signedData,
  signerInfo,
  signingTime,
} from "./support/write-cms.js";
import {
  der,
  explicit,
  indefinite,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
} from "./support/write-der.js";

const OPTIONS: VerifyCmsOptions = { roots: [ROOT], at: NOW };

async function failure(
  cms: Uint8Array,
  options: Partial<VerifyCmsOptions> = {},
): Promise<CmsVerificationError> {
  const error = await codedFailureOf(verifyCms(cms, { ...OPTIONS, ...options }));
  if (!(error instanceof CmsVerificationError)) throw error;
  expect([error.code, error.stage]).toEqual(["VERIFICATION_FAILED", "verify"]);
  return error;
}

const codes = ({ reasons }: CmsVerificationError): ReasonCode[] => reasons.map(({ code }) => code);
const one = (...shape: Parameters<typeof signerInfo>): Buffer =>
  signedData({ signers: [signerInfo(...shape)] });
const OTHER = Buffer.from("something else");
const protection = (digestId: string, signatureId: string): Buffer =>
  attribute(ID.algorithmProtection, sequence(algorithm(digestId), der(0xa1, oid(signatureId))));
const essCertificate = (hash: Buffer): Buffer =>
  attribute(ID.signingCertificateV2, sequence(sequence(sequence(octets(hash)))));
const usual = [contentType(), messageDigest()];

describe("a signature made by hand", () => {
  it("is good where nothing is wrong with it", async () => {
    const { signers } = await verifyCms(signedData(), OPTIONS);
    expect(signers).toMatchObject([{ verified: true, reasons: [], revocation: "unknown" }]);
  });

  it("is good with every attribute that it may have", async () => {
    const attributes = [
      ...usual,
      signingTime(NOW),
      protection(ID.sha256, ID.ecdsaSha256),
      essCertificate(digest(SIGNER)),
    ];
    const { signers } = await verifyCms(one({ attributes }), OPTIONS);
    expect(signers[0]).toMatchObject({ verified: true, signingTime: NOW });
  });

  it("is good by an Ed25519 key, over attributes", async () => {
    const pair = generateKeyPairSync("ed25519");
    const own = certificate({
      subject: "CN=Ed",
      issuer: "CN=Root",
      key: pair,
      ca: undefined,
      serial: SERIAL,
    });
    const signer = signerInfo({
      key: pair,
      digestAlgorithm: algorithm(ID.sha512),
      signatureAlgorithm: algorithm("1.3.101.112"),
      attributes: [contentType(), attribute(ID.messageDigest, octets(digest(CONTENT, "sha512")))],
    });
    const cms = signedData({
      digestAlgorithms: [algorithm(ID.sha512)],
      certificates: [own],
      signers: [signer],
    });
    expect((await verifyCms(cms, OPTIONS)).signers[0]?.signatureAlgorithm).toBe("Ed25519");
  });

  it("is good with its attributes in another order than DER's, as some write them", async () => {
    const [first = nothing, second = nothing] = [...usual].sort(Buffer.compare);
    const asTheyStand = der(0x31, second, first);
    const info = signerInfo({ signed: asTheyStand });
    const swapped = Buffer.from(info);
    swapped.set(Buffer.concat([second, first]), info.indexOf(first));
    expect((await verifyCms(signedData({ signers: [swapped] }), OPTIONS)).signers[0]?.verified).toBe(true);
  });

  it("is found to be revoked by a CRL in it", async () => {
    const list = crl({ issuer: "CN=Root", revoked: [{ serial: SERIAL }] });
    const error = await failure(signedData({ crls: [list] }));
    expect(codes(error)).toEqual(["CERTIFICATE_REVOKED"]);
    expect(error.verification?.signers[0]?.revocation).toBe("revoked");
    const good = await verifyCms(signedData({ crls: [crl({ issuer: "CN=Root" })] }), {
      ...OPTIONS,
      requireRevocation: true,
    });
    expect(good.signers[0]?.revocation).toBe("good");
  });
});

describe("a signature with one thing wrong is refused, with the reason:", () => {
  const rows: [string, Buffer, ReasonCode][] = [
    ["no signer", signedData({ signers: [] }), "NO_SIGNERS"],
    ["no content", signedData({ content: null }), "CONTENT_MISSING"],
    ["another content", signedData({ content: octets(OTHER) }), "DIGEST_MISMATCH"],
    ["another type of content", signedData({ contentType: "1.2.3.4" }), "CONTENT_TYPE_MISMATCH"],
    [
      "a type in the attributes that the content has not",
      one({ attributes: [contentType("1.2.3.4"), messageDigest()] }),
      "CONTENT_TYPE_MISMATCH",
    ],
    ["no certificate", signedData({ certificates: [] }), "CERTIFICATE_NOT_FOUND"],
    ["another key", one({ key: key("another") }), "SIGNATURE_INVALID"],
    ["no attribute contentType", one({ attributes: [messageDigest()] }), "ATTRIBUTES_INVALID"],
    ["no attribute messageDigest", one({ attributes: [contentType()] }), "ATTRIBUTES_INVALID"],
    ["an attribute twice", one({ attributes: [...usual, messageDigest(OTHER)] }), "ATTRIBUTES_INVALID"],
    [
      "an attribute twice, and the same",
      one({ attributes: [...usual, messageDigest()] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "two values of an attribute",
      one({
        attributes: [
          contentType(),
          attribute(ID.messageDigest, octets(digest(CONTENT)), octets(digest(OTHER))),
        ],
      }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "two signing times",
      one({ attributes: [...usual, signingTime(NOW), signingTime(years(1))] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "an attribute of another form",
      one({ attributes: [contentType(), attribute(ID.messageDigest, nothing)] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "a messageDigest that is not signed",
      one({ attributes: usual, unsigned: [messageDigest()] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "attributes that are not signed at all",
      one({ attributes: null, unsigned: usual }),
      "ATTRIBUTES_INVALID",
    ],
    ["a signing time that is not signed", one({ unsigned: [signingTime(NOW)] }), "ATTRIBUTES_INVALID"],
    [
      "a counter-signature among the signed attributes",
      one({ attributes: [...usual, attribute(ID.countersignature, nothing)] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "no attributes for what is not of type data",
      signedData({ contentType: "1.2.3.4", signers: [signerInfo({ attributes: null })] }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "the attributes of another signature as its content",
      signedData({
        content: octets(set(...usual)),
        signers: [signerInfo({ attributes: null, content: set(...usual) })],
      }),
      "ATTRIBUTES_INVALID",
    ],
    [
      "a digest algorithm that is not listed",
      signedData({ digestAlgorithms: [algorithm(ID.sha512)] }),
      "ALGORITHM_MISMATCH",
    ],
    [
      "a digest algorithm that is not that of the signature",
      one({
        digestAlgorithm: algorithm(ID.sha256),
        signatureAlgorithm: algorithm(ID.ecdsaSha384),
        hash: "sha384",
      }),
      "ALGORITHM_MISMATCH",
    ],
    [
      "a signature algorithm for another kind of key",
      one({ signatureAlgorithm: algorithm("1.2.840.113549.1.1.11", nothing) }),
      "ALGORITHM_MISMATCH",
    ],
    ["an unknown digest algorithm", one({ digestAlgorithm: algorithm("1.2.3") }), "ALGORITHM_UNSUPPORTED"],
    [
      "an unknown signature algorithm",
      one({ signatureAlgorithm: algorithm("1.2.3") }),
      "ALGORITHM_UNSUPPORTED",
    ],
    [
      "parameters that an algorithm may not have",
      one({ signatureAlgorithm: algorithm(ID.ecdsaSha256, integer(1)) }),
      "ALGORITHM_MISMATCH",
    ],
    [
      "PSS without parameters",
      one({ signatureAlgorithm: algorithm("1.2.840.113549.1.1.10") }),
      "ALGORITHM_MISMATCH",
    ],
    [
      "other algorithms than those protected",
      one({ attributes: [...usual, protection(ID.sha512, ID.ecdsaSha256)] }),
      "ALGORITHM_MISMATCH",
    ],
    [
      "another certificate than the one named",
      one({ attributes: [...usual, essCertificate(digest(ROOT))] }),
      "SIGNING_CERTIFICATE_MISMATCH",
    ],
    ["a version that does not go with how the certificate is named", one({ version: 3 }), "MALFORMED"],
    ["an unknown version", signedData({ version: 9 }), "MALFORMED"],
    ["an r‖s signature where DER belongs", one({ signature: Buffer.alloc(64, 1) }), "SIGNATURE_INVALID"],
    ["a signature that is empty", one({ signature: Buffer.alloc(0) }), "SIGNATURE_INVALID"],
    ["CMS of another kind", sequence(oid(ID.data), explicit(0, octets(CONTENT))), "MALFORMED"],
    ["content that is no OCTET STRING", signedData({ content: sequence(integer(1)) }), "MALFORMED"],
    ["something behind it", Buffer.concat([signedData(), Buffer.from([0])]), "MALFORMED"],
    ["nothing at all", Buffer.alloc(0), "MALFORMED"],
    ["text", Buffer.from("-----BEGIN CMS-----\nno Base64!\n-----END CMS-----\n"), "MALFORMED"],
    [
      "PEM without an end",
      Buffer.from(`-----BEGIN CMS-----\n${signedData().toString("base64")}\n`),
      "MALFORMED",
    ],
  ];

  it.each(rows)("%s", async (_title, cms, code) => {
    expect(codes(await failure(cms))).toContain(code);
  });

  it("content that is given for a signature that has its own", async () => {
    expect(codes(await failure(signedData(), { content: CONTENT }))).toEqual(["CONTENT_AMBIGUOUS"]);
  });

  it("one bad signature of two, unless any is enough", async () => {
    const cms = signedData({ signers: [signerInfo(), signerInfo({ key: key("another") })] });
    const { verification, reasons } = await failure(cms);
    expect(verification?.signers.map(({ verified }) => verified).sort()).toEqual([false, true]);
    expect(reasons).toHaveLength(1);
    await verifyCms(cms, { ...OPTIONS, requiredSigners: "any" });
  });

  it("a timestamp that is asked for and not there", async () => {
    expect(codes(await failure(signedData(), { requireTimestamp: true }))).toEqual(["TIMESTAMP_MISSING"]);
  });

  it("a timestamp that is none, but only where one is asked for", async () => {
    const cms = one({ unsigned: [attribute("1.2.840.113549.1.9.16.2.14", sequence(nothing))] });
    const { signers } = await verifyCms(cms, OPTIONS);
    expect(signers[0]?.timestamp).toMatchObject({ verified: false, reasons: [{ code: "MALFORMED" }] });
    expect(codes(await failure(cms, { requireTimestamp: true }))).toEqual(["TIMESTAMP_INVALID"]);
  });
});

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
  const rows: [string, Buffer][] = [
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
