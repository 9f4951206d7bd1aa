import { X509Certificate } from "node:crypto";
import { DOMParser } from "@xmldom/xmldom";
import { describe, expect, it } from "vitest";
import * as xadesjs from "xadesjs";
import { SignedXml } from "xml-crypto";
import * as xmldsigjs from "xmldsigjs";
import type { SignWithXmlCryptoOptions, SignXmlOptions } from "../../src/toolkit/xml/index.js";
import { signWithXmlCrypto, signXades, signXml, xmlCryptoAlgorithm } from "../../src/toolkit/xml/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { XmlVerifiers } from "./xml-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const verifiers = new XmlVerifiers(emulator);

const XML = "<order><item Id='a'>Bread</item></order>";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";

async function choiceOf(slug = "p-256") {
  return {
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
  };
}

async function sign(xml: unknown, more: object = {}, slug?: string): Promise<string> {
  const options = { ...(await choiceOf(slug)), toolkit: xmldsigjs, ...more };
  return signXml(xml as string, options as SignXmlOptions);
}

/** `SignedXml` of xml-crypto with a reference to the whole document. */
function prepared(more: object = {}, options: object = {}): SignedXml {
  const signedXml = new SignedXml(options);
  const reference = {
    xpath: "/*",
    isEmptyUri: true,
    digestAlgorithm: SHA256,
    transforms: [ENVELOPED, EXCLUSIVE],
  };
  signedXml.addReference({ ...reference, ...more });
  return signedXml;
}

async function signBy(signedXml: SignedXml, xml: string = XML, more: Partial<SignWithXmlCryptoOptions> = {}) {
  return signWithXmlCrypto(signedXml, xml, { ...(await choiceOf()), ...more });
}

/** Passes if it fails with the code before the emulator is asked to sign. */
async function refuses(attempt: () => Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await signpath().policy("demo/p-256");
  const before = sentTo(emulator());
  const error = await codedFailureOf(attempt());
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  expect(sentTo(emulator())).toBe(before);
}

const REFUSED: readonly [string, unknown, object, string, RegExp, string?][] = [
  ["SHA-1", XML, { hash: "SHA-1" }, "ALGORITHM_NOT_SUPPORTED", /SHA-256/],
  ["a digest with SHA-1", XML, { references: [{ hash: "SHA-1" }] }, "ALGORITHM_NOT_SUPPORTED", /SHA-256/],
  ["a padding for an EC key", XML, { padding: "pss" }, "ALGORITHM_NOT_SUPPORTED", /EC key/],
  ["an unknown padding", XML, { padding: "oaep" }, "ALGORITHM_NOT_SUPPORTED", /pkcs1/, "rsa-2048"],
  ["an unknown canonicalization", XML, { canonicalization: "c14n11" }, "ALGORITHM_NOT_SUPPORTED", /exc-c14n/],
  [
    "one of a reference",
    XML,
    { references: [{ canonicalization: "toString" }] },
    "ALGORITHM_NOT_SUPPORTED",
    /exc-c14n/,
  ],
  ["a document type", `<!DOCTYPE order [<!ENTITY a "b">]>${XML}`, {}, "CONFIG_INVALID", /document type/],
  [
    "a late document type",
    `\uFEFF<?xml version="1.0"?><!-- <a> -->\n<?p?><!doctype order>${XML}`,
    {},
    "CONFIG_INVALID",
    /document type/,
  ],
  ["text that is no XML", "<order", {}, "CONFIG_INVALID", /parsed/],
  ["no text", "", {}, "CONFIG_INVALID", /parsed|no element/],
  ["elements without an end", "<order><item></order>", {}, "CONFIG_INVALID", /parsed/],
  ["an entity that is not declared", "<order>&bread;</order>", {}, "CONFIG_INVALID", /"&bread"/],
  ["nothing to sign", undefined, {}, "CONFIG_INVALID", /nothing to sign/],
  ["no document", undefined, { references: [{ uri: "" }] }, "CONFIG_INVALID", /no document/],
  ["an identifier that is not there", XML, { references: [{ uri: "#b" }] }, "CONFIG_INVALID", /0 elements/],
  [
    "an identifier that is there twice",
    "<o><i Id='a'/><i id='a'/></o>",
    { references: [{ uri: "#a" }] },
    "CONFIG_INVALID",
    /2 elements/,
  ],
  [
    "one of the document and of an object",
    XML,
    { objects: [{ id: "a", text: "" }], references: [{ uri: "#a" }] },
    "CONFIG_INVALID",
    /2 elements/,
  ],
  ["XPointer", XML, { references: [{ uri: "#xpointer(//item)" }] }, "CONFIG_INVALID", /xpointer/],
  [
    "comments where they are left out",
    XML,
    { references: [{ canonicalization: "exc-c14n-com" }] },
    "CONFIG_INVALID",
    /#xpointer\(\/\)/,
  ],
  [
    "a document with its own signature",
    XML,
    { references: [{ uri: "", enveloped: false }] },
    "CONFIG_INVALID",
    /with itself/,
  ],
  [
    "enveloped of another element",
    XML,
    { references: [{ uri: "#a", enveloped: true }] },
    "CONFIG_INVALID",
    /not what it is in/,
  ],
  [
    "the root without enveloped",
    "<o Id='o'/>",
    { references: [{ uri: "#o" }] },
    "CONFIG_INVALID",
    /enveloped/,
  ],
  [
    "what is elsewhere without content",
    XML,
    { references: [{ uri: "https://example.org/" }] },
    "CONFIG_INVALID",
    /not fetched/,
  ],
  [
    "transforms of what is elsewhere",
    XML,
    { references: [{ uri: "u:a", content: "", canonicalization: "c14n" }] },
    "CONFIG_INVALID",
    /byte for byte/,
  ],
  [
    "two references to the same",
    XML,
    {
      references: [
        { uri: "u:a", content: "" },
        { uri: "u:a", content: "" },
      ],
    },
    "CONFIG_INVALID",
    /two references/,
  ],
  [
    "content of what is in the document",
    XML,
    { references: [{ uri: "#a", content: "" }] },
    "CONFIG_INVALID",
    /outside/,
  ],
  ["a processing instruction beside the root", `<?show it?>${XML}`, {}, "CONFIG_INVALID", /"show"/],
  [
    "a comment beside the root that is signed",
    `<!-- c -->${XML}`,
    { references: [{ uri: "#xpointer(/)", canonicalization: "c14n-com" }] },
    "CONFIG_INVALID",
    /a comment/,
  ],
  [
    "Canonical XML under xml:lang",
    "<o xml:lang='en'><i Id='a'/></o>",
    { references: [{ uri: "#a", canonicalization: "c14n" }] },
    "CONFIG_INVALID",
    /xml:lang/,
  ],
  [
    "a signature by it under xml:lang",
    "<o xml:lang='en'/>",
    { canonicalization: "c14n" },
    "CONFIG_INVALID",
    /xml:lang/,
  ],
  [
    "one under a default namespace",
    "<p:o xmlns='a' xmlns:p='b'/>",
    { canonicalization: "c14n" },
    "CONFIG_INVALID",
    /default namespace/,
  ],
  ["a namespace that is escaped", '<a xmlns:p="u:&amp;p"><b p:x="1"/></a>', {}, "CONFIG_INVALID", /escaped/],
  ['xmlns="" at the root', '<a xmlns=""><b/></a>', {}, "CONFIG_INVALID", /nothing away/],
  [
    'xmlns="" at a prefix',
    '<a xmlns="u:a"><p:b xmlns:p="u:p" xmlns=""><c/></p:b></a>',
    {},
    "CONFIG_INVALID",
    /nothing away/,
  ],
  ["another's prefix ds", '<ds:a xmlns:ds="u:other"/>', {}, "CONFIG_INVALID", /prefix ds/],
  [
    "an object without an identifier",
    undefined,
    { objects: [{ id: "", text: "" }] },
    "CONFIG_INVALID",
    /identifier/,
  ],
  ["an object without content", undefined, { objects: [{ id: "a" }] }, "CONFIG_INVALID", /xml or text/],
  [
    "an object with a document type",
    undefined,
    { objects: [{ id: "a", xml: `<!DOCTYPE a>${XML}` }] },
    "CONFIG_INVALID",
    /document type/,
  ],
  [
    "a toolkit that is none",
    XML,
    { toolkit: { ...xmldsigjs, SignedXml: class {} } },
    "CONFIG_INVALID",
    /xmldsigjs 2.5/,
  ],
];

describe("nothing is sent", () => {
  it.each(REFUSED)("for %s", async (_title, xml, more, code, message, slug) => {
    await refuses(() => sign(xml, more, slug), code, message);
  });

  it("for a second enveloped signature", async () => {
    const signed = await sign(XML);
    await refuses(() => sign(signed), "CONFIG_INVALID", /already/);
  });

  it("for a document object with a document type", async () => {
    const document = new DOMParser().parseFromString(`<!DOCTYPE order>${XML}`, "text/xml");
    await refuses(() => sign(document), "CONFIG_INVALID", /document type/);
  });

  it("for what is no policy, no document and no time", async () => {
    const before = sentTo(emulator());
    await expect(sign(XML, { policy: {} })).rejects.toThrow(TypeError);
    for (const xml of [null, 1, {}, Buffer.from(XML)]) await expect(sign(xml)).rejects.toThrow(TypeError);
    expect(sentTo(emulator())).toBe(before);
  });

  it.each<[string, object, RegExp]>([
    ["a time that is none", { signingTime: new Date(Number.NaN) }, /date/],
    ["another version of the certificate's name", { signingCertificate: "v3" }, /v1 or v2/],
    ["roles that are one text", { claimedRoles: "supplier" }, /list/],
    ["another toolkit", { toolkit: xmldsigjs }, /xadesjs/],
  ])("as XAdES for %s", async (_title, more, message) => {
    const options = { ...(await choiceOf()), toolkit: xadesjs, ...more };
    await refuses(() => signXades(XML, options as never), "CONFIG_INVALID", message);
  });

  it.each<[string, () => SignedXml, string, object, string, RegExp]>([
    ["no reference", () => new SignedXml(), XML, {}, "CONFIG_INVALID", /nothing to sign/],
    [
      "a digest with SHA-1",
      () => prepared({ digestAlgorithm: "http://www.w3.org/2000/09/xmldsig#sha1" }),
      XML,
      {},
      "ALGORITHM_NOT_SUPPORTED",
      /digest/,
    ],
    [
      "an unknown transform",
      () => prepared({ transforms: ["urn:t"] }),
      XML,
      {},
      "ALGORITHM_NOT_SUPPORTED",
      /transform/,
    ],
    [
      "an unknown canonicalization",
      () => prepared({}, { canonicalizationAlgorithm: "urn:c" }),
      XML,
      {},
      "ALGORITHM_NOT_SUPPORTED",
      /canonicalization/,
    ],
    ["SHA-1", () => prepared(), XML, { hash: "SHA-1" }, "ALGORITHM_NOT_SUPPORTED", /SHA-256/],
    [
      "a padding for an EC key",
      () => prepared(),
      XML,
      { padding: "pss" },
      "ALGORITHM_NOT_SUPPORTED",
      /EC key/,
    ],
    ["a document type", () => prepared(), `<!DOCTYPE order>${XML}`, {}, "CONFIG_INVALID", /document type/],
    [
      "an element that is not there",
      () => prepared({ xpath: "//nothing" }),
      XML,
      {},
      "CONFIG_INVALID",
      /xml-crypto cannot/,
    ],
    [
      "a place that is not there",
      () => prepared(),
      XML,
      { placement: { location: { reference: "//no" } } },
      "CONFIG_INVALID",
      /xml-crypto cannot/,
    ],
  ])("through xml-crypto for %s", async (_title, make, xml, more, code, message) => {
    await refuses(() => signBy(make(), xml, more), code, message);
  });

  it("through xml-crypto without a callback", async () => {
    const { signatureAlgorithm, SignatureAlgorithm } = xmlCryptoAlgorithm(await choiceOf());
    const signedXml = prepared(
      {},
      { signatureAlgorithm, privateKey: "-", canonicalizationAlgorithm: EXCLUSIVE },
    );
    signedXml.SignatureAlgorithms[signatureAlgorithm] = SignatureAlgorithm;
    const before = sentTo(emulator());
    expect(() => signedXml.computeSignature(XML)).toThrow(/callback/);
    expect(sentTo(emulator())).toBe(before);
  });
});

describe("signing", () => {
  it("can be aborted", async () => {
    const signal = AbortSignal.abort();
    await refuses(() => sign(XML, { signal }), "ABORTED", /abort/);
    await refuses(() => signBy(prepared(), XML, { signal }), "ABORTED", /abort/);
  });

  it("leaves documents, and what stands around in them, as they were", async () => {
    const document = new DOMParser().parseFromString(`<!-- c -->${XML}`, "text/xml");
    const before = String(document);
    const signed = await sign(document);
    expect(String(document)).toBe(before);
    expect(signed.startsWith("<!-- c --><order>")).toBe(true);
  });

  it("goes on sixteen at once, each with its own options", async () => {
    const aborted = AbortSignal.abort();
    const signals = Array.from({ length: 16 }, (_, index) => (index % 4 === 3 ? aborted : undefined));
    const results = await Promise.allSettled(
      signals.map((signal, index) =>
        sign(`<order n="${index}"/>`, { signal }, index % 2 ? "rsa-2048" : "p-384"),
      ),
    );
    const signed = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(results.map(({ status }) => status === "rejected")).toEqual(signals.map(Boolean));
    const verdicts = await Promise.all(signed.map((xml) => verifiers.xmlsec1(xml)));
    expect(verdicts).toEqual(signed.map(() => "OK"));
  });

  it("takes no time to speak of for a long prolog", async () => {
    const prolog = `${" ".repeat(50_000)}${"<!-- - -- a -->".repeat(1)}${"<?p ? ?>".repeat(20_000)}`;
    const started = performance.now();
    await codedFailureOf(sign(`${"<!-- a - b -->".repeat(20_000)}${prolog}<!DOCTYPE a>`));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("by XAdES names the certificate as it is, and says time, place and roles", async () => {
    const { policy, certificates } = await choiceOf();
    const signingTime = new Date("2026-01-02T03:04:05Z");
    const more = { signingTime, productionPlace: { city: "Köln" }, claimedRoles: ["a & b"] };
    const signed = await signXades(XML, {
      ...{ policy, certificates, toolkit: xadesjs, signingCertificate: "v1" },
      ...more,
    });
    const own = new X509Certificate(policy.certificateDer);
    const digest = Buffer.from(own.fingerprint256.replaceAll(":", ""), "hex").toString("base64");
    const serial = BigInt(`0x${own.serialNumber}`);
    for (const part of [
      `X509SerialNumber>${serial}<`,
      `DigestValue>${digest}<`,
      "SigningTime>2026-01-02T03:04:05.000Z<",
      "City>Köln<",
      "ClaimedRole>a &amp; b<",
    ])
      expect(signed).toContain(part);
  });

  it("writes the certificate and its issuer into one X509Data, or nothing", async () => {
    const signed = await sign(XML);
    expect(signed.match(/<ds:X509Data>/g)).toHaveLength(1);
    expect(signed.match(/<ds:X509Certificate>/g)).toHaveLength(2);
    expect(await sign(XML, { keyInfo: false })).not.toContain("KeyInfo");
    expect(await signBy(prepared(), XML, { keyInfo: false })).not.toContain("KeyInfo");
  });
});
