import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { SignCmsOptions, TimestampError } from "../../../src/cms/index.js";
import {
  addSigner,
  counterSign,
  isTimestampError,
  signCms,
  signCmsStream,
  stampCms,
} from "../../../src/cms/index.js";
import type { SignPathError } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { describeWith } from "../../support/verifiers.js";
import { CONTENT, OpensslCms, sentTo, useSignPath } from "../support.js";
import { opensslVerifies } from "../timestamp/support.js";
import { readSignedData, readSigner } from "./read-signed-data.js";

const TOKEN = "1.2.840.113549.1.9.16.2.14";
const COUNTERSIGNATURE = "1.2.840.113549.1.9.6";

async function read(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describeWith("openssl", "a timestamp in a signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  const optionsOf = async (slug: string, more: Partial<SignCmsOptions> = {}) => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const nobody = { authorities: ["http://127.0.0.1:9/"], retries: 0 };

  const timestampFailureOf = async (promise: Promise<unknown>): Promise<TimestampError> => {
    const failure = await failureOf(promise);
    if (isTimestampError(failure)) return failure;
    throw failure;
  };

  it("is of the signature's value, for each signer, however it is asked for", async () => {
    const url = emulator().timestampUrl;
    const roots = [emulator().rootCertificate];
    const signers = [await optionsOf("p-256"), await optionsOf("rsa-2048", { padding: "pss" })];
    const { certificates } = await optionsOf("p-256");
    for (const timestamp of [url, new URL(url), [url], { authorities: [url], roots }]) {
      const signed = await signCms(CONTENT, { signers, certificates, timestamp, profile: "cades-t" });
      expect(await cms.verify(signed, CONTENT, "-cades")).toEqual(CONTENT);
      for (const { unsigned, signature } of readSignedData(signed).signers) {
        const [token, ...more] = unsigned.get(TOKEN) ?? [];
        expect(more).toEqual([]);
        await opensslVerifies(token?.bytes ?? Buffer.of(), signature, emulator());
      }
    }
  });

  it("is in attached signatures, streamed as DER and as BER", async () => {
    const options = await optionsOf("p-384", { detached: false, timestamp: emulator().timestampUrl });
    for (const source of [CONTENT, Readable.from([CONTENT])]) {
      const signed = await read(signCmsStream(source, options));
      expect(await cms.verify(signed, undefined, "-cades")).toEqual(CONTENT);
      expect(signed.includes(Buffer.from("060b2a864886f70d010910020e", "hex"))).toBe(true);
    }
  });

  it("is in an added signature and in a counter-signature", async () => {
    const first = await signCms(CONTENT, await optionsOf("p-256"));
    const timestamp = emulator().timestampUrl;
    const second = await addSigner(first, { ...(await optionsOf("p-384")), timestamp, profile: "cades-t" });
    expect(readSignedData(second).signers.filter(({ unsigned }) => unsigned.has(TOKEN))).toHaveLength(1);
    const third = await counterSign(first, { ...(await optionsOf("p-384")), timestamp });
    const [value] = readSignedData(third).signers[0]?.unsigned.get(COUNTERSIGNATURE) ?? [];
    if (value === undefined) throw new Error("no countersignature");
    const counter = readSigner(value);
    await opensslVerifies(
      counter.unsigned.get(TOKEN)?.[0]?.bytes ?? Buffer.of(),
      counter.signature,
      emulator(),
    );
    expect(await cms.verify(third, CONTENT)).toEqual(CONTENT);
  });

  it("that is not to be had costs no signature: the error has it, and stampCms goes on", async () => {
    const authorities = [emulator().timestampUrl];
    const cases: [SignCmsOptions, (options: SignCmsOptions) => Promise<unknown>, Buffer | undefined][] = [
      [await optionsOf("p-256"), (options) => signCms(CONTENT, options), CONTENT],
      [await optionsOf("p-256", { detached: false }), (options) => signCms(CONTENT, options), undefined],
      [
        await optionsOf("p-256", { detached: false }),
        (options) => read(signCmsStream(CONTENT, options)),
        CONTENT,
      ],
      [
        await optionsOf("p-256", { detached: false }),
        (options) => read(signCmsStream(Readable.from([CONTENT]), options)),
        CONTENT,
      ],
    ];
    for (const [options, sign, content] of cases) {
      const before = sentTo(emulator());
      const failure = await timestampFailureOf(sign({ ...options, timestamp: nobody }));
      expect(failure).toMatchObject({ code: "TIMESTAMP_FAILED", stage: "timestamp" });
      expect(failure.failures).toMatchObject([{ code: "CONNECTION_FAILED" }]);
      if (failure.cms === undefined) throw new Error("no cms");
      expect(await cms.verify(failure.cms, content, "-cades")).toEqual(CONTENT);
      const stamped = await stampCms(failure.cms, { authorities });
      expect(await cms.verify(stamped, content, "-cades")).toEqual(CONTENT);
      expect(readSignedData(stamped).signers[0]?.unsigned.has(TOKEN)).toBe(true);
      expect(sentTo(emulator())).toBe(before + 1);
    }
  });

  it("that is not to be had is done without, where asked, and told of", async () => {
    const told: SignPathError[] = [];
    const options = await optionsOf("p-256", {
      timestamp: nobody,
      onTimestampFailure: "unstamped",
      onWarning: (error) => told.push(error),
    });
    expect(await cms.verify(await signCms(CONTENT, options), CONTENT, "-cades")).toEqual(CONTENT);
    expect(told).toMatchObject([{ code: "TIMESTAMP_FAILED" }]);
    const attached = await read(signCmsStream(CONTENT, { ...options, detached: false }));
    expect(await cms.verify(attached, undefined)).toEqual(CONTENT);
    expect(told).toHaveLength(2);
    await signCms(CONTENT, { ...options, onWarning: undefined });
  });

  describe("is refused before anything is read or sent", () => {
    it.each<[string, Partial<Record<keyof SignCmsOptions, unknown>>]>([
      ["without an authority", { timestamp: [] }],
      ["of an address that is none", { timestamp: "ftp://tsa.example" }],
      ["with a way out that there is not", { onTimestampFailure: "retry" }],
      [
        "that profile cades-t could do without",
        { profile: "cades-t", timestamp: nobody, onTimestampFailure: "unstamped" },
      ],
    ])("%s", async (_title, more) => {
      const before = sentTo(emulator());
      const options = await optionsOf("p-256", more as Partial<SignCmsOptions>);
      expect(await codedFailureOf(signCms("/nonexistent", options))).toMatchObject({
        code: "CONFIG_INVALID",
      });
      expect(sentTo(emulator())).toBe(before);
    });
  });
});
