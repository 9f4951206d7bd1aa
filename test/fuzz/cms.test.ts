import fc from "fast-check";
import { verifyCms } from "../../src/cms/index.js";
import { Malformed } from "../../src/cms/verify/asn1/limits.js";
import { parseCertificate } from "../../src/cms/verify/path/certificate.js";
import { parseCrl } from "../../src/cms/verify/path/crl.js";
import { Effort } from "../../src/cms/verify/path/effort.js";
import { validatePath } from "../../src/cms/verify/path/validate.js";
import { CHAINS } from "../cms/verify/support/chains.js";
import { AT, FIXTURES, fixture, ROOT } from "../cms/verify/support/fixtures.js";
import { NOW } from "../cms/verify/support/write-certificate.js";
import { spoiltDer } from "./der-edits.js";
import { fuzz, fuzzAsync } from "./harness.js";
import { attempt, expectCoded } from "./oracles.js";

const CASES = FIXTURES.filter(({ allowWeakDigests }) => allowWeakDigests !== true);

fuzzAsync("cms", "CMS that was changed verifies over what was signed, or is refused as VERIFICATION_FAILED", {
  part: 0.6,
  inputs: fc
    .constantFrom(...CASES)
    .chain((each) => fc.tuple(fc.constant(each), spoiltDer([fixture(each.name)]))),
  check: async ([{ content, inside, certificates }, cms]) => {
    const pieces: Uint8Array[] = [];
    try {
      const { signers } = await verifyCms(cms, {
        ...{ roots: [ROOT], at: AT, content, certificates },
        onContent: (chunk) => {
          pieces.push(Uint8Array.from(chunk));
        },
      });
      if (!signers.every(({ verified }) => verified)) throw new Error("a signer is not verified");
      if (signers.some(({ chain }) => chain.length === 0)) throw new Error("a signer has no chain");
      if (!Buffer.concat(pieces).equals(inside ?? Buffer.alloc(0))) throw new Error("it is another content");
    } catch (error) {
      expectCoded(error, "VERIFICATION_FAILED");
    }
  },
});

const tlv: fc.Arbitrary<Buffer> = fc.letrec<{ value: Buffer }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 8, withCrossShrink: true },
    fc
      .tuple(
        fc.constantFrom(0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x80),
        fc.uint8Array({ maxLength: 12 }),
      )
      .map(([tag, content]) => Buffer.from([tag, content.length, ...content])),
    fc
      .tuple(
        fc.constantFrom(0x24, 0x30, 0x31, 0xa0, 0xa1),
        fc.boolean(),
        fc.array(tie("value"), { maxLength: 4 }),
      )
      .map(([tag, indefinite, children]) => {
        const content = Buffer.concat(children);
        if (indefinite) return Buffer.concat([Buffer.from([tag, 0x80]), content, Buffer.from([0, 0])]);
        return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
      }),
  ),
})).value;
const SIGNED_DATA = Buffer.from("06092a864886f70d010702a0803080020101", "hex");
const END = Buffer.from("0000", "hex");

fuzzAsync("cms", "values that are no signature are refused as VERIFICATION_FAILED", {
  part: 0.3,
  inputs: fc.array(tlv, { maxLength: 6 }),
  check: async (values) => {
    const cms = Buffer.concat([Buffer.from([0x30, 0x80]), SIGNED_DATA, ...values, END, END, END]);
    try {
      await verifyCms(cms, { roots: [ROOT], at: AT });
    } catch (error) {
      expectCoded(error, "VERIFICATION_FAILED");
      return;
    }
    throw new Error("it was verified");
  },
});

const CERTIFICATES = CHAINS.flatMap(({ leaf, between, roots }) => [leaf, ...between, ...roots]);
const CRLS = CHAINS.flatMap(({ crls = [] }) => [...crls]);

fuzz("cms", "a certificate or a CRL that was changed is read and judged, or is malformed", {
  part: 0.1,
  inputs: fc.tuple(spoiltDer(CERTIFICATES), spoiltDer(CRLS)),
  check: ([certificate, list]) => {
    const crl = attempt(() => parseCrl(list), Malformed);
    const parsed = attempt(() => parseCertificate(certificate), Malformed);
    if (parsed === undefined) return;
    const rules = { time: NOW, purpose: "any", requireRevocation: false, allowWeak: false } as const;
    validatePath([parsed, parsed], { ...rules, crls: crl === undefined ? [] : [crl], effort: new Effort() });
  },
});
