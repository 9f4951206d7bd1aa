import { pdflibAddPlaceholder } from "@signpdf/placeholder-pdf-lib";
import { Signer, SignPdf } from "@signpdf/signpdf";
import { PDFDocument } from "pdf-lib";
import { afterEach, describe, expect, it } from "vitest";
import type { PdfSignatureOptions, PdfSigner } from "../../src/toolkit/pdf/index.js";
import { createSigner, signatureLength, signPdf } from "../../src/toolkit/pdf/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf, thrownBy } from "../support/failure.js";
import { addPlain, PLAIN, plainPdf, signaturesIn, TEXTS } from "./pdf-support.js";

const SUB_FILTER = "ETSI.CAdES.detached" as const;

describe("a PDF file", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  afterEach(() => emulator().clearFaults());

  const optionsOf = async (
    slug: string,
    more: Partial<PdfSignatureOptions> = {},
  ): Promise<PdfSignatureOptions> => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  /** Makes sure that nothing is sent meanwhile, neither to the service nor to the authority. */
  const sendsNothing = async <T>(work: () => T): Promise<Awaited<T>> => {
    const before = emulator().requests.length;
    const result = await work();
    expect(emulator().requests).toHaveLength(before);
    return result;
  };

  describe("with a placeholder that will not do is refused before anything is sent:", () => {
    it("one byte too small", async () => {
      const options = await optionsOf("p-256");
      const room = await signatureLength(options);
      const small = await PLAIN.invisible({ signatureLength: room - 1, subFilter: SUB_FILTER });
      const error = await sendsNothing(() => codedFailureOf(signPdf(small, options)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", stage: "cms", attempts: 0 });
      expect(error.message).toContain(`may take ${room} bytes`);
      expect(error.message).toContain(`room for ${room - 1}`);
      const enough = await PLAIN.invisible({ signatureLength: room, subFilter: SUB_FILTER });
      expect(signaturesIn(await signPdf(enough, options))).toHaveLength(1);
    });

    it("large enough, but not with a timestamp", async () => {
      const options = await optionsOf("rsa-2048");
      const pdf = await PLAIN.invisible({
        signatureLength: await signatureLength(options),
        subFilter: SUB_FILTER,
      });
      const stamped = { ...options, timestamp: emulator().timestampUrl };
      const error = await sendsNothing(() => codedFailureOf(signPdf(pdf, stamped)));
      expect(error.message).toMatch(/timestampLength is 12288/);
    });

    it("with digits where placeholder-pdf-lib counts no bytes", async () => {
      const options = await optionsOf("rsa-2048");
      const pdfDoc = await PDFDocument.load(await plainPdf());
      const room = await signatureLength(options);
      pdflibAddPlaceholder({ pdfDoc, ...TEXTS, signatureLength: room, subFilter: SUB_FILTER });
      const pdf = await pdfDoc.save();
      const error = await sendsNothing(() => codedFailureOf(signPdf(pdf, options)));
      expect(error.message).toMatch(new RegExp(`pdf-lib, which counts hexadecimal digits, ${2 * room}\\.`));
    });

    it("of none at all", async () => {
      const pdf = await PLAIN.invisible({ signatureLength: 0, subFilter: SUB_FILTER });
      const options = await optionsOf("p-256");
      const error = await sendsNothing(() => codedFailureOf(signPdf(pdf, options)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    });

    it("for another kind of signature, as the kits make it by default", async () => {
      const pdf = await PLAIN.invisible({ signatureLength: 20_000 });
      const options = await optionsOf("p-256");
      const error = await sendsNothing(() => codedFailureOf(signPdf(pdf, options)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
      expect(error.message).toMatch(/SubFilter adbe\.pkcs7\.detached: .*"ETSI\.CAdES\.detached"/);
    });

    it("a second one, as the kit says", async () => {
      const fields = { signatureLength: 8000, subFilter: SUB_FILTER };
      const pdf = await addPlain(await PLAIN.invisible(fields))(fields);
      const options = await optionsOf("p-256");
      const error = await sendsNothing(() => codedFailureOf(signPdf(pdf, options)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", stage: "cms" });
      expect(error.message).toContain("Found multiple ByteRange placeholders.");
    });
  });

  describe("is not what these are, and nothing is sent:", () => {
    it.each([
      ["nothing", Buffer.alloc(0)],
      ["text", Buffer.from("not a PDF file")],
      ["an end alone", Buffer.from("\n%%EOF")],
      [
        "a placeholder without a signature",
        Buffer.from("/ByteRange [0 /********** /********** /**********]\n%%EOF"),
      ],
      ["a range without an end", Buffer.from("/ByteRange [0 /********** /**********\n%%EOF")],
    ])("%s", async (_title, bytes) => {
      const options = await optionsOf("p-256");
      expect(await sendsNothing(() => codedFailureOf(signPdf(bytes, options)))).toMatchObject({
        code: "CONFIG_INVALID",
      });
    });

    it("a file without a placeholder", async () => {
      const [options, pdf] = [await optionsOf("p-256"), await plainPdf()];
      expect(await sendsNothing(() => codedFailureOf(signPdf(pdf, options)))).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("No ByteRangeStrings found within PDF buffer."),
      });
    });

    it.each([undefined, null, 7, "text", {}, []])("%j", async (value) => {
      const options = await optionsOf("p-256");
      expect(await sendsNothing(() => failureOf(signPdf(value as never, options)))).toBeInstanceOf(TypeError);
      const maker = (): never => value as never;
      expect(await sendsNothing(() => failureOf(signPdf(maker, options)))).toBeInstanceOf(TypeError);
    });
  });

  describe("as it is handed to the signer", () => {
    /** As long as the numbers that take their places. */
    const [BEFORE, AFTER] = ["before......", "after......."];
    /** A signature dictionary from which the signature is cut out, as SignPdf hands it over. */
    const handedOver = (length: number, extra = "", subFilter = `/SubFilter /${SUB_FILTER}`): Buffer => {
      const digits = (value: number): string => String(value).padStart(12, "0");
      const end = " >> endobj ";
      const text = (before: number): string => {
        const range = [before, before + 2 + 2 * length, end.length].map(digits).join(" ");
        const told = extra.replace(BEFORE, digits(before)).replace(AFTER, digits(end.length));
        return `${told} 1 0 obj << /Name (\\) /SubFilter /other) ${subFilter} /ByteRange [0 ${range}] /Contents `;
      };
      return Buffer.from(text(text(0).length) + end);
    };
    const signer = async (): Promise<PdfSigner> => createSigner(Signer, await optionsOf("p-256"));

    it("is signed where its byte range covers it", async () => {
      expect((await (await signer()).sign(handedOver(4000)))[0]).toBe(0x30);
    });

    it.each([
      [
        "two byte ranges that cover all",
        handedOver(4000, `/ByteRange [0 ${BEFORE} 999999 ${AFTER}]`),
        /several/,
      ],
      ["no byte range", Buffer.from("%PDF-1.7"), /no \/ByteRange/],
      [
        "a byte range of something else",
        Buffer.concat([handedOver(4000), Buffer.from("\n")]),
        /no \/ByteRange/,
      ],
      ["no SubFilter", handedOver(4000, "", ""), /SubFilter of no signature/],
      [
        "another SubFilter",
        handedOver(4000, "", "/SubFilter/adbe.pkcs7.sha1"),
        /SubFilter adbe\.pkcs7\.sha1/,
      ],
      ["SubFilter in a text", handedOver(4000, "", `/Reason (/SubFilter /${SUB_FILTER})`), /of no signature/],
    ])("is refused with %s", async (_title, pdf, message) => {
      const own = await signer();
      const error = await sendsNothing(() => codedFailureOf(own.sign(pdf)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });
    });

    it("is read in time however often it speaks of byte ranges", async () => {
      const hostile = Buffer.from("/ByteRange [0 1 2 3] (\\(".repeat(400_000));
      const own = await signer();
      expect(await sendsNothing(() => codedFailureOf(own.sign(hostile)))).toMatchObject({
        code: "CONFIG_INVALID",
      });
    }, 10_000);
  });

  describe("is not signed, and nothing is sent,", () => {
    it.each<[string, string, Record<string, unknown>, RegExp]>([
      ["with a padding by the key of a curve", "p-256", { padding: "pss" }, /padding is for RSA keys/],
      ["with an unknown padding", "rsa-2048", { padding: "oaep" }, /pkcs1 and pss are/],
      ["with SHA-1", "rsa-2048", { hash: "SHA-1" }, /SHA-256, SHA-384, SHA-512/],
      ["with SHA-1 by the key of a curve", "p-256", { hash: "SHA-1" }, /SHA-256, SHA-384, SHA-512/],
      [
        "with SHA-1 and a padding",
        "rsa-2048",
        { hash: "SHA-1", padding: "pss" },
        /SHA-256, SHA-384, SHA-512/,
      ],
      ["with MD5", "rsa-2048", { hash: "MD5" }, /MD5/],
    ])("%s", async (_title, slug, more, message) => {
      const options = { ...(await optionsOf(slug)), ...more } as PdfSignatureOptions;
      await sendsNothing(async () => {
        for (const error of [
          await codedFailureOf(signPdf(PLAIN.invisible, options)),
          await codedFailureOf(signatureLength(options)),
          codedThrownBy(() => createSigner(Signer, options)),
        ])
          expect(error).toMatchObject({
            code: "ALGORITHM_NOT_SUPPORTED",
            message: expect.stringMatching(message),
          });
      });
    });

    it.each([
      ["timestampLength", { timestampLength: 0 }],
      ["timestampLength", { timestampLength: 1.5 }],
      ["timestampLength", { timestampLength: "many" }],
      ["authorities", { timestamp: [] }],
      ["signing time", { attributes: [{ type: "1.2.840.113549.1.9.5", values: [Uint8Array.of(5, 0)] }] }],
    ])("with a wrong %s: %j", async (_title, more) => {
      const options = { ...(await optionsOf("p-256")), ...more } as PdfSignatureOptions;
      const error = await sendsNothing(() => codedFailureOf(signPdf(PLAIN.invisible, options)));
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    });

    it("without a policy, options or the kit's class", async () => {
      const { policy } = await optionsOf("p-256");
      for (const options of [undefined, null, "text", {}, { policy: {} }]) {
        expect(await failureOf(signPdf(PLAIN.invisible, options as never))).toBeInstanceOf(TypeError);
        expect(await failureOf(signatureLength(options as never))).toBeInstanceOf(TypeError);
        expect(thrownBy(() => createSigner(Signer, options as never))).toBeInstanceOf(TypeError);
      }
      for (const wrong of [undefined, {}, Object, () => undefined, new Signer()])
        expect(thrownBy(() => createSigner(wrong as never, { policy }))).toBeInstanceOf(TypeError);
    });

    it("by a signer of another copy of the kit", async () => {
      class OtherSigner implements PdfSigner {
        async sign(): Promise<Buffer> {
          return Buffer.alloc(0);
        }
      }
      const options = await optionsOf("p-256");
      const pdf = await PLAIN.invisible({ signatureLength: 8000, subFilter: SUB_FILTER });
      const signing = () => failureOf(new SignPdf().sign(pdf, createSigner(OtherSigner, options)));
      expect(await sendsNothing(signing)).toMatchObject({ message: "Signer implementation expected." });
    });

    it("with a signing time that is to be in the signature", async () => {
      const options = await optionsOf("p-256");
      const pdf = await PLAIN.invisible({ signatureLength: 8000, subFilter: SUB_FILTER });
      const signing = () =>
        codedFailureOf(new SignPdf().sign(pdf, createSigner(Signer, options), new Date()));
      expect(await sendsNothing(signing)).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/no signing time .* \/M/),
      });
    });

    it("by a chain that is to be complete and is not", async () => {
      const options = await optionsOf("p-256", { incompleteChain: "error" });
      const error = await sendsNothing(() => codedFailureOf(signPdf(PLAIN.invisible, options)));
      expect(error).toMatchObject({ code: "CHAIN_INCOMPLETE" });
    });

    it("where the function that adds the placeholder fails, with what it fails with", async () => {
      const options = await optionsOf("p-256");
      const failure = new RangeError("no page");
      const signing = () => failureOf(signPdf(() => Promise.reject(failure), options));
      expect(await sendsNothing(signing)).toBe(failure);
    });

    it("once it is aborted", async () => {
      const options = await optionsOf("p-256", { signal: AbortSignal.abort() });
      const error = await sendsNothing(() => codedFailureOf(signPdf(PLAIN.invisible, options)));
      expect(error).toMatchObject({ code: "ABORTED" });
    });
  });

  it("is not signed further once the call is aborted", async () => {
    const controller = new AbortController();
    const options = await optionsOf("p-256", { signal: controller.signal });
    emulator().addFault({ kind: "silence", route: "signingRequests" });
    const before = emulator().requests.length;
    const signing = codedFailureOf(signPdf(PLAIN.invisible, options));
    await expect.poll(() => emulator().requests.length).toBeGreaterThan(before);
    controller.abort();
    expect(await signing).toMatchObject({ code: "ABORTED" });
  });

  it("is signed as it was when the call was made, also where its bytes are part of a larger buffer", async () => {
    const pdf = await PLAIN.invisible({ signatureLength: 8000, subFilter: SUB_FILTER });
    const large = new Uint8Array(pdf.length + 200);
    const view = large.subarray(100, 100 + pdf.length);
    view.set(pdf);
    const signing = signPdf(view, await optionsOf("p-256"));
    large.fill(0);
    const signed = await signing;
    const [signature] = signaturesIn(signed);
    expect(signed.subarray(0, signature?.begin).toString("latin1")).toContain("%PDF-1.7");
    expect(signed).toHaveLength(pdf.length);
  });

  it("whose timestamp is longer than was foreseen is not made, and the error says what is enough", async () => {
    const timestamp = emulator().timestampUrl;
    const options = await optionsOf("p-256", { timestamp, timestampLength: 100 });
    const error = await codedFailureOf(signPdf(PLAIN.invisible, options));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    const timestampLength = Number(/Give timestampLength (\d+)/.exec(error.message)?.[1]);
    expect(timestampLength).toBeLessThan(3000);
    const signed = await signPdf(PLAIN.invisible, { ...options, timestampLength });
    expect(signaturesIn(signed)).toHaveLength(1);
  });
});
