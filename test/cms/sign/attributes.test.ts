import { createHash, createPublicKey, verify, X509Certificate } from "node:crypto";
import { runInNewContext } from "node:vm";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { describe, expect, it } from "vitest";
import type { AttributeInput, CmsSigner, SignCmsOptions } from "../../../src/cms/index.js";
import { signCms } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { testWith } from "../../support/verifiers.js";
import { child, oidOf, readDer } from "../der.js";
import { CONTENT, KINDS, nodeName, OpensslCms, sentTo, titled, useSignPath } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

const ID_DATA = "1.2.840.113549.1.7.1";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const CONTENT_HINT = "1.2.840.113549.1.9.16.2.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52";
const MIME_TYPE = "0.4.0.1733.2.1";
const OWN = "1.3.6.1.4.1.99999.1";

const hexOf = (der: Uint8Array): string => Buffer.from(der).toString("hex");

describe("signed attributes", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  const optionsOf = async (slug: string, more: Partial<SignCmsOptions> = {}): Promise<SignCmsOptions> => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const attributesOf = async (more: Partial<SignCmsOptions>) => {
    const [signer] = readSignedData(await signCms(CONTENT, await optionsOf("p-256", more))).signers;
    return signer?.attributes ?? new Map();
  };

  it.each(titled(KINDS))(
    "are left out where asked, and the content's digest is signed by %s",
    async (_title, variant) => {
      const { slug, hash, padding, name } = variant;
      const options = await optionsOf(slug, { hash, padding, signedAttributes: false });
      const signed = await signCms(CONTENT, options);
      expect(emulator().signingRequests.at(-1)?.hash).toBe(
        createHash(nodeName(hash)).update(CONTENT).digest("hex"),
      );
      const [signer] = readSignedData(signed).signers;
      expect(signer?.signed).toBeUndefined();
      const key = createPublicKey(
        new X509Certificate(await emulator().certificateOf(slug)).publicKey.export({
          format: "pem",
          type: "spki",
        }),
      );
      const pss = name === "RSA-PSS" ? { padding: 6, saltLength: 48 } : {};
      expect(verify(nodeName(hash), CONTENT, { key, ...pss }, signer?.signature ?? Buffer.of())).toBe(true);
    },
  );

  testWith("openssl", "are not needed by openssl, attached or detached", async () => {
    for (const slug of ["rsa-2048", "p-384"]) {
      const options = await optionsOf(slug, { signedAttributes: false });
      expect(await cms.verify(await signCms(CONTENT, options), CONTENT)).toEqual(CONTENT);
      const attached = await signCms(CONTENT, { ...options, detached: false });
      expect(await cms.verify(attached, undefined)).toEqual(CONTENT);
    }
  });

  testWith("openssl", "of every kind are taken by openssl, as CAdES too", async () => {
    const options = await optionsOf("rsa-3072", {
      profile: "cades-b",
      algorithmProtection: true,
      mimeType: "text/plain; charset=utf-8",
      contentHint: { description: "Größe", contentType: ID_DATA },
      attributes: [{ type: OWN, values: new asn1js.Utf8String({ value: "own" }) }],
    });
    const signed = await signCms(CONTENT, options);
    expect(await cms.verify(signed, CONTENT, "-cades")).toEqual(CONTENT);
    expect([...(readSignedData(signed).signers[0]?.attributes.keys() ?? [])].sort()).toEqual(
      [
        ...[CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE_V2],
        ...[ALGORITHM_PROTECTION, MIME_TYPE, CONTENT_HINT, OWN],
      ].sort(),
    );
  });

  it.each(titled(KINDS))(
    "name the algorithms of the signature by %s",
    async (_title, { slug, hash, padding }) => {
      const options = await optionsOf(slug, { hash, padding, algorithmProtection: true });
      const [signer] = readSignedData(await signCms(CONTENT, options)).signers;
      const [protection] = signer?.attributes.get(ALGORITHM_PROTECTION) ?? [];
      const [digestAlgorithm, signatureAlgorithm] = protection?.children ?? [];
      expect(digestAlgorithm && oidOf(child(digestAlgorithm, 0))).toBe(signer?.digestAlgorithm);
      expect(signatureAlgorithm?.tag).toBe(0xa1);
      expect(signatureAlgorithm?.content).toEqual(signer?.signatureAlgorithm.content);
    },
  );

  it("describe the content by a hint and by its MIME type", async () => {
    const attributes = await attributesOf({
      contentHint: { description: "a b" },
      mimeType: "application/pdf",
    });
    expect(attributes.get(CONTENT_HINT)?.map((each: { bytes: Buffer }) => hexOf(each.bytes))).toEqual([
      "30100c03612062" + "06092a864886f70d010701",
    ]);
    expect(attributes.get(MIME_TYPE)?.map((each: { bytes: Buffer }) => hexOf(each.bytes))).toEqual([
      `0c0f${Buffer.from("application/pdf").toString("hex")}`,
    ]);
  });

  it("may be the caller's, as DER or as an object of asn1js or pkijs, with one value or several", async () => {
    const integer = (value: number) => new asn1js.Integer({ value });
    const algorithm = new pkijs.AlgorithmIdentifier({ algorithmId: ID_DATA });
    const inputs: [AttributeInput["values"], string[]][] = [
      [Uint8Array.of(5, 0), ["0500"]],
      [Uint8Array.of(5, 0).buffer, ["0500"]],
      [integer(7), ["020107"]],
      [
        [integer(9), integer(1), Uint8Array.of(5, 0)],
        ["020101", "020109", "0500"],
      ],
      [algorithm, ["300b06092a864886f70d010701"]],
      [new Set([algorithm]), ["300b06092a864886f70d010701"]],
    ];
    for (const [values, expected] of inputs) {
      const attributes = await attributesOf({ attributes: [{ type: OWN, values }] });
      expect(attributes.get(OWN)?.map((each: { bytes: Buffer }) => hexOf(each.bytes))).toEqual(expected);
    }
    const attribute = new pkijs.Attribute({ type: OWN, values: [integer(3)] });
    const attributes = await attributesOf({ attributes: [attribute as AttributeInput] });
    expect(attributes.get(OWN)?.map((each: { bytes: Buffer }) => hexOf(each.bytes))).toEqual(["020103"]);
  });

  it("leave out signing-certificate-v2 where asked", async () => {
    const attributes = await attributesOf({ signingCertificate: false });
    expect([...attributes.keys()].sort()).toEqual([CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME].sort());
  });

  it("of profile pades have no signing time", async () => {
    const attributes = await attributesOf({ profile: "pades" });
    expect([...attributes.keys()].sort()).toEqual(
      [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2].sort(),
    );
  });

  it("have the same bytes for the same key and time", async () => {
    const signingTime = new Date("2030-01-02T03:04:05Z");
    const attributes = [{ type: OWN, values: Uint8Array.of(5, 0) }];
    const options = await optionsOf("rsa-2048", { signingTime, attributes, detached: false });
    expect(hexOf(await signCms(CONTENT, options))).toBe(hexOf(await signCms(CONTENT, options)));
  });

  it("have the time as it was at the time of the call, to the second, in the form of its year", async () => {
    const times: [string, number, string][] = [
      ["1949-12-31T23:59:59.999Z", 0x18, "19491231235959Z"],
      ["1950-01-01T00:00:00Z", 0x17, "500101000000Z"],
      ["2049-12-31T23:59:59.999Z", 0x17, "491231235959Z"],
      ["2050-01-01T00:00:00Z", 0x18, "20500101000000Z"],
      ["0000-01-01T00:00:00Z", 0x18, "00000101000000Z"],
      ["9999-12-31T23:59:59.999Z", 0x18, "99991231235959Z"],
    ];
    for (const [text, tag, expected] of times) {
      const signingTime = new Date(text);
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield CONTENT;
        signingTime.setTime(Number.NaN);
      };
      const signed = await signCms(source(), await optionsOf("p-256", { signingTime }));
      const [time] = readSignedData(signed).signers[0]?.attributes.get(SIGNING_TIME) ?? [];
      expect([time?.tag, time?.content.toString("latin1")]).toEqual([tag, expected]);
    }
  });

  const NULL = Uint8Array.of(5, 0);
  const length = (hex: string): string => (hex.length / 2).toString(16).padStart(2, "0");
  const endless = function* <T>(make: (at: number) => T): Generator<T> {
    for (let at = 0; ; at++) yield make(at);
  };
  const DEEP = Buffer.from("3080".repeat(5000) + "0000".repeat(5000), "hex");
  it.each<[string, Partial<Record<keyof CmsSigner | keyof SignCmsOptions, unknown>>, RegExp]>([
    ...(
      [
        ["a tag with superfluous bytes", "9f0100", /superfluous/],
        ["a longer one", "9f802000", /superfluous/],
        ["a SET OF out of order", "3106020102020101", /not in order/],
        ["an OID with a padded number", "060480802a03", /OBJECT IDENTIFIER/],
        ["an OID that does not end", "06022a83", /OBJECT IDENTIFIER/],
        ["a BIT STRING with nine bits that are not used", "03020901", /BIT STRING/],
        ["a BIT STRING whose rest is not zero", "030204ff", /BIT STRING/],
        ["a BIT STRING without the bits that are not used", "030101", /BIT STRING/],
        ["a text that is not UTF-8", "0c01ff", /UTF-8/],
        ["a time without seconds", "170b323030313031303030305a", /time/],
        ["a time with a superfluous fraction", "181132303230303130313030303030302e305a", /time/],
      ] as const
    ).map(([title, hex, message]): [string, { attributes: unknown }, RegExp] => [
      title,
      { attributes: [{ type: OWN, values: Buffer.from(`30${length(hex)}${hex}`, "hex") }] },
      message,
    ]),
    [
      "attributes that never end",
      { attributes: endless((at) => ({ type: `1.2.3.${at}`, values: NULL })) },
      /more than 90/,
    ],
    ["values that never end", { attributes: [{ type: OWN, values: endless(() => NULL) }] }, /more than 100/],
    ["no attribute among them", { attributes: [null] }, /is no attribute/],
    ["no list of attributes", { attributes: null }, /must be a list/],
    ["a hint that is a text", { contentHint: "text" }, /contentHint must be/],
    ["a hint that is none", { contentHint: null }, /contentHint must be/],
    ["a hint with half a character", { contentHint: { description: "a\ud800" } }, /half of a character/],
    ["a hint that is too long", { contentHint: { description: "ü".repeat(140_000) } }, /longer than/],
    ...["signedAttributes", "signingCertificate", "algorithmProtection", "detached", "includeRoot"].flatMap(
      (name) =>
        [null, 0, "false"].map((value): [string, Record<string, unknown>, RegExp] => [
          `${name} that is ${JSON.stringify(value)}`,
          { [name]: value },
          new RegExp(`${name} must be true or false`),
        ]),
    ),
    [
      "a time of another realm where there are to be no attributes",
      { signedAttributes: false, signingTime: runInNewContext("new Date(0)") },
      /signedAttributes is false/,
    ],
    ["an attribute without values", { attributes: [{ type: OWN, values: [] }] }, /no value/],
    [
      "a type that is no OID",
      { attributes: [{ type: "own", values: Uint8Array.of(5, 0) }] },
      /object identifier/,
    ],
    [
      "a type whose arcs cannot be",
      { attributes: [{ type: "1.40", values: Uint8Array.of(5, 0) }] },
      /object identifier/,
    ],
    [
      "a value that is cut off",
      { attributes: [{ type: OWN, values: Uint8Array.of(4, 5, 0) }] },
      /ends before/,
    ],
    [
      "a value that something follows",
      { attributes: [{ type: OWN, values: Uint8Array.of(5, 0, 0) }] },
      /follows/,
    ],
    ["no bytes as a value", { attributes: [{ type: OWN, values: Uint8Array.of() }] }, /too early/],
    [
      "a value of indefinite length",
      { attributes: [{ type: OWN, values: Uint8Array.of(0x30, 0x80, 0, 0) }] },
      /indefinite/,
    ],
    [
      "a length with too many bytes",
      { attributes: [{ type: OWN, values: Uint8Array.of(4, 0x81, 1, 0) }] },
      /superfluous/,
    ],
    [
      "an INTEGER with too many bytes",
      { attributes: [{ type: OWN, values: Uint8Array.of(2, 2, 0, 1) }] },
      /superfluous/,
    ],
    ["a constructed string", { attributes: [{ type: OWN, values: Uint8Array.of(0x24, 0) }] }, /constructed/],
    [
      "a value nested too deeply",
      { attributes: [{ type: OWN, values: DEEP }] },
      /nested too deeply|indefinite/,
    ],
    ["a value that cannot be one", { attributes: [{ type: OWN, values: [7] }] }, /not one DER value/],
    [
      "too many bytes",
      {
        attributes: [
          {
            type: OWN,
            values: readDer(Buffer.concat([Buffer.from("0483040000", "hex"), Buffer.alloc(262_144)])).bytes,
          },
        ],
      },
      /longer than/,
    ],
    [
      "an attribute twice",
      { attributes: [OWN, OWN].map((type) => ({ type, values: Uint8Array.of(5, 0) })) },
      /twice/,
    ],
    ["one of ours", { attributes: [{ type: MESSAGE_DIGEST, values: Uint8Array.of(4, 0) }] }, /twice/],
    [
      "our MIME type and another",
      { mimeType: "a/b", attributes: [{ type: MIME_TYPE, values: Uint8Array.of(12, 0) }] },
      /twice/,
    ],
    [
      "a counter-signature",
      { attributes: [{ type: "1.2.840.113549.1.9.6", values: Uint8Array.of(5, 0) }] },
      /cannot be signed/,
    ],
    ["a MIME type that is none", { mimeType: "pdf" }, /mimeType/],
    ["a hint about no type", { contentHint: { contentType: "data" } }, /object identifier/],
    ["an empty hint", { contentHint: { description: "" } }, /a character/],
    [
      "attributes where there are to be none",
      { signedAttributes: false, mimeType: "a/b" },
      /signedAttributes is false/,
    ],
    [
      "a time where there are to be no attributes",
      { signedAttributes: false, signingTime: new Date() },
      /signedAttributes is false/,
    ],
    [
      "another content type without attributes",
      { signedAttributes: false, contentType: TST_INFO },
      /signed attributes/,
    ],
    ["a content type that is none", { contentType: "data" }, /contentType is no object identifier/],
    ["a profile that there is not", { profile: "cades-lta" }, /no profile cades-lta: cms, cades-b/],
    ["a profile by an inherited name", { profile: "constructor" }, /no profile/],
    [
      "cades-b without the time",
      { profile: "cades-b", signingTime: false },
      /cades-b needs the signing time/,
    ],
    ["cades-b without attributes", { profile: "cades-b", signedAttributes: false }, /cades-b needs/],
    [
      "cades-b without signing-certificate-v2",
      { profile: "cades-b", signingCertificate: false },
      /cades-b needs/,
    ],
    ["cades-t without a timestamp", { profile: "cades-t" }, /cades-t needs a timestamp/],
    ["pades with a time", { profile: "pades", signingTime: new Date() }, /no signing time/],
    [
      "pades with the caller's time",
      { profile: "pades", attributes: [{ type: SIGNING_TIME, values: Uint8Array.of(5, 0) }] },
      /none that a caller/,
    ],
    ["pades with its content", { profile: "pades", detached: false }, /detached content/],
    ["pades of another type", { profile: "pades", contentType: TST_INFO }, /detached content/],
    ["pades with a MIME type", { profile: "pades", mimeType: "application/pdf" }, /no attribute/],
    ["an identifier that there is not", { signerIdentifier: "ski" }, /signerIdentifier must be/],
    ["an encoding that there is not", { encoding: "per" }, /encoding must be/],
  ])("are refused before anything is read or sent: %s", async (_title, more, message) => {
    const options = await optionsOf("p-256", more as Partial<SignCmsOptions>);
    const before = sentTo(emulator());
    const failure = await codedFailureOf(signCms("/nonexistent", options));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(failure.message).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
  });
});
