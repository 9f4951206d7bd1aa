import { describe, expect, it } from "vitest";
import type { ReasonCode } from "../../../src/cms/index.js";
import { verifyCms } from "../../../src/cms/index.js";
import { failureOf } from "../../support/failure.js";
import {
  codes,
  essCertificate,
  failure,
  OPTIONS,
  OTHER,
  one,
  protection,
  usual,
} from "./support/hand-made.js";
import { key, NOW, years } from "./support/write-certificate.js";
import {
  algorithm,
  attribute,
  CONTENT,
  contentType,
  digest,
  ID,
  messageDigest,
  ROOT,
  signedData,
  signerInfo,
  signingTime,
} from "./support/write-cms.js";
import { explicit, integer, nothing, octets, oid, sequence, set } from "./support/write-der.js";

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
    ...[
      ["large", [attribute("1.2.840.113583.1.1.8", octets(Buffer.alloc(70_000)))]],
      ["many", Array.from({ length: 120 }, (_, index) => attribute(`1.2.3.${index}`, integer(index)))],
    ].map(([what, more]): [string, Buffer, ReasonCode] => {
      const attributes = set(...usual, ...(more as Buffer[]));
      return [
        `the ${String(what)} attributes of another signature as its content`,
        signedData({
          content: octets(attributes),
          signers: [signerInfo({ attributes: null, content: attributes })],
        }),
        "ATTRIBUTES_INVALID",
      ];
    }),
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

describe("what is given beside a signature and is of another type is refused:", () => {
  const verify = (options: unknown) => failureOf(verifyCms(signedData(), options as never));

  it.each([undefined, null, 7, "text"])("options that are %j", async (options) => {
    expect(await verify(options)).toEqual(new TypeError("the options must be an object"));
  });

  it.each([7, true, {}])("lists that are %j, or have it in them", async (given) => {
    for (const name of ["roots", "certificates", "crls"]) {
      expect(await verify({ ...OPTIONS, [name]: given })).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/must be a list$/),
      });
      expect(await verify({ ...OPTIONS, [name]: [given] })).toMatchObject({ code: "CONFIG_INVALID" });
    }
  });
});
