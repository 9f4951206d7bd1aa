import { createHash } from "node:crypto";
import { Signer, SignPdf } from "@signpdf/signpdf";
import * as utils from "@signpdf/utils";
import { PDFDocument } from "pdf-lib";
import * as pkijs from "pkijs";
import { afterEach, describe, expect, it } from "vitest";
import type { SignPathError } from "../../src/index.js";
import type { PdfSignatureOptions } from "../../src/toolkit/pdf/index.js";
import { createSigner, signatureLength, signPdf } from "../../src/toolkit/pdf/index.js";
import { readCms } from "../cms/read-cms.js";
import type { Variant } from "../cms/support.js";
import { KINDS, OpensslCms, sentTo, titled, useSignPath, VARIANTS } from "../cms/support.js";
import { opensslVerifies } from "../cms/timestamp/support.js";
import { useEmulator } from "../support/emulator.js";
import { failureOf } from "../support/failure.js";
import { provenBy } from "../support/toolkit-row.js";
import type { Extracted } from "./pdf-support.js";
import {
  addPlain,
  good,
  KITS,
  PLAIN,
  pdfsig,
  pdfTest,
  plainPdf,
  signaturesIn,
  withOtherReason,
  withOtherSignature,
} from "./pdf-support.js";

const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const cms = new OpensslCms(emulator);

afterEach(() => emulator().clearFaults());

async function optionsOf(
  { slug, padding, hash }: Partial<Variant> & Pick<Variant, "slug">,
  more: Partial<PdfSignatureOptions> = {},
): Promise<PdfSignatureOptions> {
  const policy = await signpath().policy(`demo/${slug}`);
  return { policy, padding, hash, certificates: [emulator().intermediateCertificate], ...more };
}

/** Checks the chain, the signature over the byte range and the signing certificate. */
async function opensslAccepts({ cms: signature, covered }: Extracted): Promise<void> {
  expect(await cms.verify(signature, covered, "-cades", "-purpose", "any")).toEqual(covered);
}

function only(pdf: Buffer): Extracted {
  const [signature, ...more] = signaturesIn(pdf);
  if (signature === undefined || more.length > 0) throw new Error(`${more.length + 1} signatures`);
  return signature;
}

/** The token in a signature and what it is of, by pkijs. */
function stampIn(der: Buffer): { token: Buffer; signature: Buffer } {
  const { content } = pkijs.ContentInfo.fromBER(new Uint8Array(der));
  const [signer] = new pkijs.SignedData({ schema: content }).signerInfos;
  const token = signer?.unsignedAttrs?.attributes.find(({ type }) => type === TIMESTAMP_TOKEN)?.values[0];
  if (signer === undefined || token === undefined) throw new Error("there is no timestamp");
  return { token: Buffer.from(token.toBER()), signature: Buffer.from(signer.signature.getValue()) };
}

describe.each(KITS.map((kit) => [kit.toolkit, kit] as const))("a PDF file by %s", (_title, kit) => {
  const proves = pdfTest(kit);

  for (const [title, variant] of titled(KINDS)) {
    proves(
      `is signed by ${title}, visibly or not, and a changed one is found out`,
      provenBy(variant.slug, variant.name),
      async () => {
        for (const maker of [kit.invisible, kit.visible]) {
          const signed = await signPdf(maker, await optionsOf(variant));
          expect(await pdfsig(signed)).toEqual([good(variant.slug, variant.hash)]);
          await opensslAccepts(only(signed));
          const [otherContent] = await pdfsig(withOtherReason(signed));
          expect(otherContent?.validation).toBe("Digest Mismatch.");
          const forged = withOtherSignature(signed, only(signed));
          expect((await pdfsig(forged))[0]?.validation).toBe("Signature is Invalid.");
          await expect(opensslAccepts(only(forged))).rejects.toThrow(/Verification failure/);
          await expect(opensslAccepts(only(withOtherReason(signed)))).rejects.toThrow(/Verification failure/);
        }
      },
    );

    proves(`has a timestamp with ${title}: PAdES B-T`, provenBy(variant.slug, variant.name), async () => {
      const timestamp = emulator().timestampUrl;
      const signed = await signPdf(kit.invisible, await optionsOf(variant, { timestamp }));
      expect(await pdfsig(signed)).toEqual([good(variant.slug, variant.hash)]);
      await opensslAccepts(only(signed));
      const { token, signature } = stampIn(only(signed).cms);
      await opensslVerifies(token, signature, emulator());
      await expect(opensslVerifies(token, Buffer.concat([signature, token]), emulator())).rejects.toThrow();
    });
  }
});

describe("a signer for @signpdf/signpdf", () => {
  const proves = pdfTest(PLAIN);

  for (const [title, variant] of titled(VARIANTS)) {
    proves(`signs by ${title}`, provenBy(variant.slug, variant.name), async () => {
      const options = await optionsOf(variant);
      const fields = {
        signatureLength: await signatureLength(options),
        subFilter: "ETSI.CAdES.detached" as const,
      };
      const signed = await new SignPdf().sign(await PLAIN.invisible(fields), createSigner(Signer, options));
      expect(await pdfsig(signed)).toEqual([good(variant.slug, variant.hash)]);
      await opensslAccepts(only(signed));
    });
  }

  it("is one by the class of @signpdf/utils as well", async () => {
    const signer = createSigner(utils.Signer, await optionsOf({ slug: "p-256" }));
    expect(signer).toBeInstanceOf(Signer);
    expect(signer).toBeInstanceOf(utils.Signer);
  });

  it("writes the attributes of PAdES: the signing certificate, and no signing time", async () => {
    const { cms: der } = only(await signPdf(PLAIN.invisible, await optionsOf({ slug: "rsa-2048" })));
    const { contentType, content, signerInfo, certificates } = readCms(der);
    expect(contentType).toBe("1.2.840.113549.1.7.1");
    expect(content).toBeUndefined();
    expect([...signerInfo.attributes.keys()].sort()).toEqual(
      [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2].sort(),
    );
    expect(certificates).toHaveLength(2);
  });

  it.each([
    ["rsa-2048", "sha256"],
    ["p-256", "sha256"],
    ["p-384", "sha384"],
    ["p-521", "sha512"],
  ])("signs by demo/%s with %s where no hash is named", async (slug, hash) => {
    const { cms: der, covered } = only(await signPdf(PLAIN.invisible, await optionsOf({ slug })));
    const messageDigest = readCms(der).signerInfo.attributes.get(MESSAGE_DIGEST);
    expect(messageDigest?.content).toEqual(createHash(hash).update(covered).digest());
  });

  proves("signs sixteen files at once", ["P-256"], async () => {
    const options = await optionsOf({ slug: "p-256" }, { timestamp: emulator().timestampUrl });
    const signer = createSigner(Signer, options);
    const fields = {
      signatureLength: await signatureLength(options),
      subFilter: "ETSI.CAdES.detached" as const,
    };
    const before = sentTo(emulator());
    const signed = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const pdf = await addPlain(await plainPdf(`page ${index}`))(fields);
        return new SignPdf().sign(pdf, signer);
      }),
    );
    expect(sentTo(emulator()) - before).toBe(16);
    for (const pdf of signed) expect(await pdfsig(pdf)).toEqual([good("p-256", "SHA-256")]);
  });

  proves("adds signatures, and those before stay good", ["RSA PKCS#1", "RSA-PSS", "P-384"], async () => {
    // @signpdf/placeholder-plain does not find its way about a form that @signpdf/placeholder-pdf-lib made.
    for (const kit of KITS.filter(({ toolkit }) => toolkit !== "pdf-lib")) {
      let pdf = await signPdf(kit.visible, await optionsOf({ slug: "rsa-2048", hash: "SHA-512" }));
      const first = pdf;
      pdf = await signPdf(
        addPlain(pdf),
        await optionsOf({ slug: "rsa-3072", padding: "pss", hash: "SHA-384" }),
      );
      pdf = await signPdf(addPlain(pdf), await optionsOf({ slug: "p-384" }));
      expect(pdf.subarray(0, first.length).equals(first)).toBe(true);
      expect(await pdfsig(pdf)).toEqual([
        { ...good("rsa-2048", "SHA-512"), isTotal: false },
        { ...good("rsa-3072", "SHA-384"), isTotal: false },
        good("p-384", "SHA-384"),
      ]);
      const fields = (await PDFDocument.load(pdf)).getForm().getFields();
      expect(fields.map((field) => field.getName())).toEqual(["Signature1", "Signature2", "Signature3"]);
      const signatures = signaturesIn(pdf);
      for (const signature of signatures) await opensslAccepts(signature);
      const [, second] = signatures;
      if (second === undefined) throw new Error("there is no second signature");
      const validations = (await pdfsig(withOtherSignature(pdf, second))).map(({ validation }) => validation);
      expect(validations).toEqual(["Signature is Valid.", "Signature is Invalid.", "Digest Mismatch."]);
      const last = (await pdfsig(withOtherReason(pdf))).map(({ validation }) => validation);
      expect(last).toEqual(["Signature is Valid.", "Signature is Valid.", "Digest Mismatch."]);
    }
  });

  proves("signs a file of 50 MB", ["P-256"], async () => {
    const document = await PDFDocument.load(await plainPdf());
    const { context } = document;
    context.register(context.stream(Buffer.alloc(50_000_000, "0123456789abcdef"), {}));
    const pdfBuffer = Buffer.from(await document.save({ useObjectStreams: false }));
    expect(pdfBuffer.length).toBeGreaterThan(50_000_000);
    const signed = await signPdf(addPlain(pdfBuffer), await optionsOf({ slug: "p-256" }));
    expect(await pdfsig(signed)).toEqual([good("p-256", "SHA-256")]);
    expect((await pdfsig(withOtherReason(signed)))[0]?.validation).toBe("Digest Mismatch.");
  });

  it("goes without a timestamp where it is told to, and tells why", async () => {
    emulator().addFault({ kind: "timestamp-rejection", count: Number.POSITIVE_INFINITY });
    const timestamp = { authorities: [emulator().timestampUrl], retries: 0 };
    const heard: SignPathError[] = [];
    const onWarning = (error: SignPathError): number => heard.push(error);
    const signed = await signPdf(
      PLAIN.invisible,
      await optionsOf({ slug: "p-256" }, { timestamp, onTimestampFailure: "unstamped", onWarning }),
    );
    expect(heard.map(({ code }) => code)).toEqual(["TIMESTAMP_FAILED"]);
    await opensslAccepts(only(signed));
    expect(() => stampIn(only(signed).cms)).toThrow(/no timestamp/);
    expect(
      await failureOf(signPdf(PLAIN.invisible, await optionsOf({ slug: "p-256" }, { timestamp }))),
    ).toMatchObject({
      code: "TIMESTAMP_FAILED",
    });
  });
});
