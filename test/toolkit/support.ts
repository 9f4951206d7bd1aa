import * as asn1js4 from "asn1js";
import * as asn1js3 from "asn1js-3";
import * as pkijs4 from "pkijs";
import * as pkijs3 from "pkijs-3";
import type { SigningPolicy } from "../../src/index.js";
import { createEngine, policyCertificate } from "../../src/toolkit/pkijs.js";
import type { ToolkitTest } from "../support/toolkit-row.js";
import { toolkitTest } from "../support/toolkit-row.js";

const ID_DATA = "1.2.840.113549.1.7.1";
const ID_SIGNED_DATA = "1.2.840.113549.1.7.2";

/** pkijs with the asn1js that belongs to it. */
export interface Toolkit {
  readonly title: string;
  /** The folder in node_modules. */
  readonly installedAs: string;
  readonly pkijs: typeof pkijs4;
  readonly asn1js: typeof asn1js4;
}

/** The versions that are promised. Their members are the same where the tests use them, their types are not. */
export const TOOLKITS: readonly Toolkit[] = [
  { title: "pkijs 4", installedAs: "pkijs", pkijs: pkijs4, asn1js: asn1js4 },
  {
    title: "pkijs 3.4",
    installedAs: "pkijs-3",
    pkijs: pkijs3 as unknown as typeof pkijs4,
    asn1js: asn1js3 as unknown as typeof asn1js4,
  },
];

/** Rows of a table of tests: `describe.each(toolkits)("%s", (_title, toolkit) => …)`. */
export const toolkits: readonly [string, Toolkit][] = TOOLKITS.map((toolkit) => [toolkit.title, toolkit]);

/** The `test` for the toolkit's row in the table of toolkits. */
export function pkijsTest({ installedAs }: Toolkit, verifiedBy: readonly string[]): ToolkitTest {
  const use = "`createEngine(pkijs)` per call";
  return toolkitTest({
    subpath: "/pkijs",
    toolkit: "pkijs",
    installedAs,
    use,
    verifiers: ["openssl"],
    verifiedBy,
  });
}

/** What to put into a SignedData and how. */
export interface Order {
  readonly policy: SigningPolicy;
  readonly key: CryptoKey;
  /** As it is passed to pkijs. */
  readonly hash: string | undefined;
  readonly content: Uint8Array;
  readonly detached: boolean;
  readonly withAttributes: boolean;
  /** PEM of the issuer. */
  readonly intermediate: string;
}

/** The DER of PEM. */
export function derOf(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(pem.replace(/-----.*-----/g, ""), "base64"));
}

/** A CMS signature by pkijs as its users make it, with an engine of this package and nothing else that is special. */
export async function signWithPkijs(toolkit: Toolkit, order: Order): Promise<Uint8Array<ArrayBuffer>> {
  const { pkijs, asn1js } = toolkit;
  const content = new Uint8Array(order.content).buffer;
  const certificate = policyCertificate(order.policy, pkijs);
  const signerInfo = new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({
      issuer: certificate.issuer,
      serialNumber: certificate.serialNumber,
    }),
  });
  if (order.withAttributes) signerInfo.signedAttrs = await attributes(toolkit, order.hash, content);
  const signedData = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: ID_DATA }),
    certificates: [certificate, pkijs.Certificate.fromBER(derOf(order.intermediate))],
    signerInfos: [signerInfo],
  });
  if (!order.detached) signedData.encapContentInfo.eContent = new asn1js.OctetString({ valueHex: content });
  await signedData.sign(order.key, 0, order.hash, content, createEngine(pkijs));
  const contentInfo = new pkijs.ContentInfo({
    contentType: ID_SIGNED_DATA,
    content: signedData.toSchema(true),
  });
  return new Uint8Array(contentInfo.toSchema().toBER());
}

async function attributes(
  { pkijs, asn1js }: Toolkit,
  hash: string | undefined,
  content: ArrayBuffer,
): Promise<pkijs4.SignedAndUnsignedAttributes> {
  const valueHex = await globalThis.crypto.subtle.digest(hash ?? "SHA-1", content);
  const values = {
    "1.2.840.113549.1.9.3": new asn1js.ObjectIdentifier({ value: ID_DATA }),
    "1.2.840.113549.1.9.5": new asn1js.UTCTime({ valueDate: new Date() }),
    "1.2.840.113549.1.9.4": new asn1js.OctetString({ valueHex }),
  };
  return new pkijs.SignedAndUnsignedAttributes({
    type: 0,
    attributes: Object.entries(values).map(([type, value]) => new pkijs.Attribute({ type, values: [value] })),
  });
}
