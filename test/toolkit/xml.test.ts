import { describe, expect } from "vitest";
import * as xadesjs from "xadesjs";
import { SignedXml } from "xml-crypto";
import * as xmldsigjs from "xmldsigjs";
import type { SignXmlOptions } from "../../src/toolkit/xml/index.js";
import { signWithXmlCrypto, signXades, signXml } from "../../src/toolkit/xml/index.js";
import type { Variant } from "../cms/support.js";
import { KINDS, titled, useSignPath, VARIANTS } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import type { XmlCheck } from "./xml-support.js";
import { tampered, XmlVerifiers } from "./xml-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const verifiers = new XmlVerifiers(emulator);

const row = {
  subpath: "/xml",
  verifiers: ["JDK", "xmlsec1"],
  verifiedBy: ["`xmlsec1` (but RSA-PSS)", "the JDK"],
} as const;
const byXmldsigjs = toolkitTest({ ...row, toolkit: "xmldsigjs", use: "`signXml`" });
const byXadesjs = toolkitTest({ ...row, toolkit: "xadesjs", use: "`signXades`" });
const byXmlCrypto = toolkitTest({ ...row, toolkit: "xml-crypto", use: "`signWithXmlCrypto`" });

const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/** Namespaces of all sorts, what is escaped, a carriage return, a character beyond the first 65536. */
const ORDER = `<?xml version="1.0" encoding="ISO-8859-1"?>
<o:order xmlns:o="urn:order" xmlns:unused="urn:unused" xml:lang="de"><!-- not signed -->
  <item xmlns="urn:item" Id="item-1" o:b='2' a="&lt;&quot;1&#10;"><![CDATA[<Bread>]]> &amp; bütter 𝄞&#13;</item>
  <o:item Id="item-2">Milk<!-- cold --></o:item>
</o:order>`;
/** Without what xmldsigjs cannot canonicalize by Canonical XML. */
const PLAIN = ORDER.replace(' xml:lang="de"', "");
const ITEMS = { idElements: ["urn:item:item", "urn:order:item"] };

async function choiceOf({ slug, hash, padding }: Pick<Variant, "slug" | "hash" | "padding">) {
  const policy = await signpath().policy(`demo/${slug}`);
  return { policy, hash, padding, certificates: [emulator().intermediateCertificate] };
}

/** Passes if both verifiers take the document, and neither a copy that was changed. xmlsec1 does not know RSA-PSS. */
async function accepted(xml: string, word: string, references: number, check: XmlCheck = {}): Promise<void> {
  const copies = tampered(xml, word);
  const [answer, ...others] = await verifiers.jdk([xml, ...copies], check);
  expect(answer).toMatch(new RegExp(`^good ${references} `));
  for (const other of others) expect(other).toMatch(/^bad signature value/);
  if (xml.includes("-rsa-MGF1")) return;
  const [said, ...about] = await Promise.all([xml, ...copies].map((each) => verifiers.xmlsec1(each, check)));
  expect(said).toBe("OK");
  for (const other of about) expect(other).toMatch(/^bad 1 .*FAIL/s);
}

const ORDER_POLICY = { slug: "p-256", hash: "SHA-256", padding: undefined } as const;

async function signedOrder(xml: string | Document | undefined, more: Partial<SignXmlOptions>) {
  return signXml(xml, { ...(await choiceOf(ORDER_POLICY)), toolkit: xmldsigjs, ...more });
}

/** Every algorithm, each with one length of RSA key. */
const ALGORITHMS = VARIANTS.filter(
  ({ slug, padding }) => padding === undefined || slug === (padding === "pss" ? "rsa-3072" : "rsa-2048"),
);

describe.each(titled(ALGORITHMS))("by %s", (_title, variant) => {
  const isKind = KINDS.includes(variant);
  const algorithm = provenBy(variant.slug, variant.name);

  byXmldsigjs("signXml makes what the verifiers accept, and not a changed copy", algorithm, async () => {
    const signed = await signXml(ORDER, { ...(await choiceOf(variant)), toolkit: xmldsigjs });
    await accepted(signed, "Milk", 1);
  });

  byXadesjs("signXades makes what the verifiers accept, and not a changed copy", algorithm, async () => {
    const signed = await signXades(ORDER, {
      ...(await choiceOf(variant)),
      toolkit: xadesjs,
      signingCertificate: isKind ? "v1" : "v2",
      productionPlace: { city: "Köln", state: "NRW", postalCode: "50667", country: "DE" },
      claimedRoles: ["supplier", "a < b"],
    });
    await accepted(signed, "Milk", 2);
    // What only XAdES signs.
    const changed = ["Köln", "supplier"].map((word) => signed.replace(word, `${word}x`));
    for (const answer of await verifiers.jdk(changed)) expect(answer).toMatch(/^bad/);
  });

  byXmlCrypto("xml-crypto makes what the verifiers accept, and not a changed copy", algorithm, async () => {
    const signedXml = new SignedXml();
    const digestAlgorithm = "http://www.w3.org/2001/04/xmlenc#sha256";
    signedXml.addReference({
      xpath: "/*",
      isEmptyUri: true,
      digestAlgorithm,
      transforms: [ENVELOPED, EXCLUSIVE],
    });
    const signed = await signWithXmlCrypto(signedXml, ORDER, await choiceOf(variant));
    await accepted(signed.replace(' encoding="ISO-8859-1"', ""), "Milk", 1);
    const checker = Object.assign(new SignedXml(), {
      SignatureAlgorithms: signedXml.SignatureAlgorithms,
      publicCert: (await choiceOf(variant)).policy.certificatePem,
    });
    checker.loadSignature(signedXml.getSignatureXml());
    expect(checker.checkSignature(signed)).toBe(true);
  });
});

/** What canonicalizations are known to trip over. */
const SHAPES: readonly [string, string][] = [
  ["a default namespace taken away", '<a xmlns="u:1"><b xmlns=""><c xmlns="u:1"/><d/></b></a>'],
  ["a prefix declared again", '<a xmlns:p="u:1"><p:b xmlns:p="u:2"><p:c xmlns:p="u:1" p:x="1"/></p:b></a>'],
  [
    "attributes of all namespaces",
    '<a xmlns:z="u:a" xmlns:y="u:z" z:c="1" y:a="2" b="3" a="4" xml:lang="en"/>',
  ],
  ["white space in attributes", '<a x="a&#9;b&#10;c&#13;d  e" y="  t\nn\t"/>'],
  ["what is escaped", "<a>&lt;&gt;&amp;&quot;&apos;&#13;&#x1F600;]]&gt; \u0085 \u2028</a>"],
  ["CDATA", "<a><![CDATA[<x>&amp; ]] > ]]>t<![CDATA[]]></a>"],
  ["line ends of all kinds", "<a>\r\n<b>\r</b>\r\n</a>\r\n"],
  ["signatures as its default namespace", '<a xmlns="http://www.w3.org/2000/09/xmldsig#"><b/></a>'],
  ["a byte order mark", "\uFEFF<a/>"],
  ["names that are not ASCII", '<Größe ä="1"><日本/></Größe>'],
  ["elements 500 deep", "<a>".repeat(500) + "</a>".repeat(500)],
];

describe.each(SHAPES)("a document with %s", (_title, xml) => {
  const isGood = async (signed: string): Promise<void> => {
    expect([(await verifiers.jdk([signed]))[0], await verifiers.xmlsec1(signed)]).toEqual([
      expect.stringMatching(/^good/),
      "OK",
    ]);
  };

  byXmldsigjs("is accepted", [], async () => isGood(await signedOrder(xml, {})));
  byXadesjs("is accepted", [], async () =>
    isGood(await signXades(xml, { ...(await choiceOf(ORDER_POLICY)), toolkit: xadesjs })),
  );
  byXmlCrypto("is accepted", [], async () => {
    const signedXml = new SignedXml();
    const digestAlgorithm = "http://www.w3.org/2001/04/xmlenc#sha256";
    const transforms = [ENVELOPED, EXCLUSIVE];
    signedXml.addReference({ xpath: "/*", isEmptyUri: true, digestAlgorithm, transforms });
    await isGood(await signWithXmlCrypto(signedXml, xml, await choiceOf(ORDER_POLICY)));
  });
});

describe("references", () => {
  const cases: readonly [string, string | undefined, Partial<SignXmlOptions>, string, number, XmlCheck?][] = [
    [
      "by Canonical XML",
      PLAIN,
      { canonicalization: "c14n", references: [{ canonicalization: "c14n" }] },
      "Milk",
      1,
    ],
    [
      "whole with comments",
      PLAIN,
      { references: [{ uri: "#xpointer(/)", canonicalization: "exc-c14n-com" }] },
      "not signed",
      1,
    ],
    [
      "whole with comments by Canonical XML",
      PLAIN,
      { canonicalization: "c14n-com", references: [{ uri: "#xpointer(/)", canonicalization: "c14n-com" }] },
      "not signed",
      1,
    ],
    [
      "elements",
      PLAIN,
      { references: [{ uri: "#item-1" }, { uri: "#item-2", hash: "SHA-512" }] },
      "Milk",
      2,
      ITEMS,
    ],
    [
      "elements by Canonical XML",
      PLAIN,
      {
        references: [
          { uri: "#item-1", canonicalization: "c14n" },
          { uri: "#item-2", canonicalization: "c14n" },
        ],
      },
      "Bread",
      2,
      ITEMS,
    ],
    [
      "an element with its comments",
      PLAIN,
      { references: [{ uri: "#xpointer(id('item-2'))", canonicalization: "exc-c14n-com" }] },
      "cold",
      1,
      ITEMS,
    ],
    [
      "the root by its identifier",
      PLAIN.replace("<o:order", '<o:order Id="all"'),
      { references: [{ uri: "#all", enveloped: true }] },
      "Milk",
      1,
      { idElements: ["urn:order:order"] },
    ],
    [
      "objects, standing alone",
      undefined,
      {
        objects: [
          { id: "a", xml: PLAIN },
          { id: "b", text: "Tom & Jerry\r\n", mimeType: "text/plain" },
        ],
      },
      "Milk",
      2,
    ],
    [
      "objects inside of a document",
      PLAIN,
      {
        canonicalization: "c14n",
        objects: [{ id: "a", text: "object" }],
        references: [{}, { uri: "#a", canonicalization: "c14n" }],
      },
      "object",
      2,
    ],
    [
      "what is elsewhere",
      undefined,
      { references: [{ uri: "urn:file", content: "outside", hash: "SHA-384", id: "r", type: "urn:type" }] },
      "",
      1,
      { contents: { "urn:file": "outside" } },
    ],
  ];

  describe.each(cases)("%s", (_title, xml, more, word, references, check) => {
    byXmldsigjs("are accepted, and not when changed", [], async () => {
      const signed = await signedOrder(xml, more);
      if (word !== "") return accepted(signed, word, references, check);
      expect((await verifiers.jdk([signed], check))[0]).toMatch(/^good/);
      expect(await verifiers.xmlsec1(signed, check)).toBe("OK");
      const other = { contents: { "urn:file": "Outside" } };
      expect((await verifiers.jdk([signed], other))[0]).toMatch(/^bad signature value: true/);
      expect(await verifiers.xmlsec1(signed, other)).toMatch(/FAIL/);
    });
  });

  byXadesjs("of XAdES go to objects and by Canonical XML as well", [], async () => {
    const choice = { ...(await choiceOf(ORDER_POLICY)), toolkit: xadesjs };
    const objects = [{ id: "a", xml: PLAIN }];
    await accepted(await signXades(undefined, { ...choice, objects }), "Milk", 2);
    const inclusive = { canonicalization: "c14n", references: [{ canonicalization: "c14n" }] } as const;
    await accepted(await signXades(PLAIN, { ...choice, ...inclusive }), "Milk", 2);
  });

  byXmlCrypto("of xml-crypto go to elements, with a prefix and by Canonical XML", [], async () => {
    const signedXml = new SignedXml({ canonicalizationAlgorithm: INCLUSIVE });
    const digestAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    const transforms = [INCLUSIVE];
    signedXml.addReference({ xpath: "//*[@Id='item-2']", digestAlgorithm, transforms });
    const placement = { prefix: "ds", location: { reference: "/*", action: "prepend" } } as const;
    const choice = { ...(await choiceOf(ORDER_POLICY)), hash: "SHA-384", placement } as const;
    const signed = await signWithXmlCrypto(signedXml, PLAIN.replace(' encoding="ISO-8859-1"', ""), choice);
    await accepted(signed, "Milk", 1, ITEMS);
  });
});
