import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { afterEach, describe, expect, it } from "vitest";
import type { StampCmsOptions } from "../../../src/cms/index.js";
import { counterSign, signCms, stampCms, verifyCms } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { startOpensslTsa } from "../../support/openssl-tsa.js";
import { startStub } from "../../support/stub.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import { CONTENT, KINDS, OpensslCms, sentTo, titled, useSignPath } from "../support.js";
import { opensslVerifies, timestampFailureOf } from "./support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const cms = new OpensslCms(emulator);
const TOKEN = "1.2.840.113549.1.9.16.2.14";

afterEach(() => emulator().clearFaults());

function options(more: Partial<StampCmsOptions> = {}): StampCmsOptions {
  const { timestampUrl, rootCertificate } = emulator();
  return { authorities: [timestampUrl], roots: [rootCertificate], retries: 0, ...more };
}

async function signed(slug = "p-256", detached = true): Promise<Uint8Array> {
  const policy = await signpath().policy(`demo/${slug}`);
  return signCms(CONTENT, { policy, detached, certificates: [emulator().intermediateCertificate] });
}

function read(der: Uint8Array): pkijs.SignedData {
  const { content } = pkijs.ContentInfo.fromBER(new Uint8Array(der));
  return new pkijs.SignedData({ schema: content });
}

interface Stamped {
  readonly signature: Buffer;
  readonly tokens: readonly Buffer[];
}

/** The signature of each signer with its tokens, by pkijs. */
function stampsIn(der: Uint8Array): Stamped[] {
  return read(der).signerInfos.map(({ signature, unsignedAttrs }) => ({
    signature: Buffer.from(signature.getValue()),
    tokens: (unsignedAttrs?.attributes ?? [])
      .filter(({ type }) => type === TOKEN)
      .flatMap(({ values }) => values.map((value: asn1js.AsnType) => Buffer.from(value.toBER()))),
  }));
}

/** The CMS without unsigned attributes, by pkijs. */
function withoutStamps(der: Uint8Array): Buffer {
  const signedData = read(der);
  for (const signer of signedData.signerInfos) Reflect.deleteProperty(signer, "unsignedAttrs");
  return Buffer.from(
    new pkijs.ContentInfo({ contentType: "1.2.840.113549.1.7.2", content: signedData.toSchema(true) })
      .toSchema()
      .toBER(),
  );
}

describeWith("openssl", "a stamped signature", () => {
  it.each(titled(KINDS))(
    "by %s is verified by openssl, with its stamp",
    async (_title, { slug, padding, hash }) => {
      const policy = await signpath().policy(`demo/${slug}`);
      const certificates = [emulator().intermediateCertificate];
      const p7s = await signCms(CONTENT, { policy, padding, hash, certificates });
      const before = sentTo(emulator());
      const stamped = await stampCms(p7s, options());
      expect(sentTo(emulator())).toBe(before);
      await cms.verify(stamped, CONTENT, "-purpose", "any");
      await cms.verify(stamped, CONTENT, "-purpose", "any", "-cades");
      const [stamp] = stampsIn(stamped);
      await opensslVerifies(stamp?.tokens[0] ?? Buffer.of(), stamp?.signature ?? Buffer.of(), emulator());
      const roots = [emulator().rootCertificate];
      const { signers } = await verifyCms(stamped, { content: CONTENT, roots, requireTimestamp: true });
      expect(signers[0]?.timestamp).toMatchObject({ verified: true });
      expect(withoutStamps(stamped).equals(withoutStamps(p7s))).toBe(true);
    },
  );

  it("may be attached, and be stamped by openssl ts", async () => {
    const tsa = await startOpensslTsa();
    const p7m = await signed("rsa-2048", false);
    const stamped = await stampCms(p7m, {
      authorities: [tsa.url],
      roots: [tsa.rootCertificate],
      hash: "SHA-512",
    });
    expect(await cms.verify(stamped, undefined, "-purpose", "any")).toEqual(CONTENT);
    const [stamp] = stampsIn(stamped);
    await opensslVerifies(stamp?.tokens[0] ?? Buffer.of(), stamp?.signature ?? Buffer.of(), tsa);
  });

  it("is DER, and stays as it is when it is stamped again", async () => {
    const stamped = await stampCms(await signed(), options());
    const { result } = asn1js.fromBER(stamped);
    expect(Buffer.from(result.toBER()).equals(stamped)).toBe(true);
    const before = emulator().requests.length;
    expect(await stampCms(stamped, options())).toEqual(stamped);
    expect(emulator().requests).toHaveLength(before);
  });

  it("keeps its other unsigned attributes, in DER's order", async () => {
    const policy = await signpath().policy("demo/rsa-2048");
    const countersigned = await counterSign(await signed(), { policy });
    const stamped = await stampCms(countersigned, options());
    const attributes = read(stamped).signerInfos[0]?.unsignedAttrs?.attributes ?? [];
    expect(attributes.map(({ type }) => type)).toHaveLength(2);
    const encoded = attributes.map((each) => Buffer.from(each.toSchema().toBER()));
    expect(encoded).toEqual([...encoded].sort(Buffer.compare));
    const [before] = read(countersigned).signerInfos[0]?.unsignedAttrs?.attributes ?? [];
    const kept = Buffer.from(before?.toSchema().toBER() ?? new ArrayBuffer());
    expect(encoded.some((each) => each.equals(kept))).toBe(true);
    await cms.verify(stamped, CONTENT, "-purpose", "any");
  });

  it("of several signers has a stamp for each, or for the one that is asked for", async () => {
    const policies = await Promise.all(
      ["p-256", "rsa-2048", "p-384"].map((slug) => signpath().policy(`demo/${slug}`)),
    );
    const certificates = [emulator().intermediateCertificate];
    const p7s = await signCms(CONTENT, { signers: policies.map((policy) => ({ policy })), certificates });
    const one = await stampCms(p7s, options({ signer: 1 }));
    expect(stampsIn(one).reduce((sum, { tokens }) => sum + tokens.length, 0)).toBe(1);
    const all = await stampCms(one, options());
    for (const { signature, tokens } of stampsIn(all)) {
      expect(tokens).toHaveLength(1);
      await opensslVerifies(tokens[0] ?? Buffer.of(), signature, emulator());
    }
    await cms.verify(all, CONTENT, "-purpose", "any");
    const signers = read(all).signerInfos.map((signer) => Buffer.from(signer.toSchema().toBER()));
    expect(signers).toEqual([...signers].sort(Buffer.compare));
  });

  it("of openssl in BER keeps its indefinite lengths and its content in pieces", async () => {
    const folder = temporaryFolder();
    const path = (name: string): string => join(folder, name);
    writeFileSync(path("content"), CONTENT);
    const key = [
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=signer",
      "-keyout",
      path("key"),
      "-out",
      path("pem"),
    ];
    await openssl(["req", "-x509", ...key]);
    const identity = ["-signer", path("pem"), "-inkey", path("key"), "-nodetach", "-binary", "-stream"];
    const { output } = await openssl([
      "cms",
      "-sign",
      "-in",
      path("content"),
      "-outform",
      "DER",
      ...identity,
    ]);
    expect(output.subarray(0, 2)).toEqual(Buffer.of(0x30, 0x80));
    const stamped = Buffer.from(await stampCms(output, options()));
    expect(stamped.subarray(0, 2)).toEqual(Buffer.of(0x30, 0x80));
    const head = output.indexOf(CONTENT) + CONTENT.length;
    expect(stamped.subarray(0, head)).toEqual(output.subarray(0, head));
    writeFileSync(path("p7m"), stamped);
    const verify = [
      "cms",
      "-verify",
      "-binary",
      "-inform",
      "DER",
      "-in",
      path("p7m"),
      "-CAfile",
      path("pem"),
    ];
    expect((await openssl([...verify, "-purpose", "any"])).output).toEqual(CONTENT);
    const [stamp] = stampsIn(stamped);
    await opensslVerifies(stamp?.tokens[0] ?? Buffer.of(), stamp?.signature ?? Buffer.of(), emulator());
  });
});

describe("a stamp that is not to be had", () => {
  it("costs no signature: what there is is in the error, and can be stamped later", async () => {
    const p7s = await signed();
    const before = sentTo(emulator());
    emulator().addFault({ kind: "wrong-timestamp", mistake: "nonce" });
    const error = await timestampFailureOf(stampCms(p7s, options()));
    expect(error).toMatchObject({ code: "TIMESTAMP_FAILED", failures: [{ code: "INVALID_RESPONSE" }] });
    expect(error.cms).toEqual(p7s);
    const stamped = await stampCms(error.cms ?? new Uint8Array(), options());
    expect(stampsIn(stamped)[0]?.tokens).toHaveLength(1);
    expect(sentTo(emulator())).toBe(before);
  });

  it("of several signers leaves the stamps of the others", async () => {
    const policies = await Promise.all(["p-256", "p-384"].map((slug) => signpath().policy(`demo/${slug}`)));
    const p7s = await signCms(CONTENT, { signers: policies.map((policy) => ({ policy })) });
    emulator().addFault({ kind: "timestamp-rejection", failure: "badRequest" });
    const error = await timestampFailureOf(stampCms(p7s, options()));
    const tokens = (of: Uint8Array = new Uint8Array()): number[] =>
      stampsIn(of).map((each) => each.tokens.length);
    expect(tokens(error.cms).sort()).toEqual([0, 1]);
    expect(tokens(await stampCms(error.cms ?? new Uint8Array(), options()))).toEqual([1, 1]);
  });

  it("because of the caller's signal is an abort", async () => {
    const controller = new AbortController();
    const stub = await startStub(() => {
      controller.abort();
      return undefined;
    });
    const stamping = stampCms(await signed(), { authorities: [stub.origin], signal: controller.signal });
    expect(await codedFailureOf(stamping)).toMatchObject({ code: "ABORTED" });
  });
});

describe("what is no signature is refused before anything is sent:", () => {
  it.each<[string, (p7s: Uint8Array) => Uint8Array]>([
    ["nothing", () => new Uint8Array()],
    ["text", () => Buffer.from("not CMS")],
    ["one that is cut off", (p7s) => p7s.subarray(0, -1)],
    ["one with something after it", (p7s) => Buffer.concat([p7s, Buffer.of(0)])],
    ["a certificate", () => Buffer.from(emulator().rootCertificate)],
    ["another content type", (p7s) => changed(p7s, Buffer.from("2a864886f70d010702", "hex"), 8)],
    ["one that is nested deeply", () => Buffer.alloc(100_000, Buffer.of(0x30, 0x80))],
  ])("%s", async (_what, spoil) => {
    const before = emulator().requests.length;
    const error = await codedFailureOf(stampCms(spoil(await signed()), options()));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", attempts: 0, stage: "timestamp" });
    expect(
      emulator()
        .requests.slice(before)
        .filter(({ route }) => route === "timestamp"),
    ).toEqual([]);
  });

  it("a signer that there is not", async () => {
    const error = await codedFailureOf(stampCms(await signed(), options({ signer: 1 })));
    expect(error.message).toContain("there is no signer 1: it has 1");
  });

  it("what is no bytes", async () => {
    expect(await failureOf(stampCms("x" as unknown as Uint8Array, options()))).toBeInstanceOf(TypeError);
  });
});

/** With another byte behind the place where some bytes are. */
function changed(bytes: Uint8Array, at: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = copy.indexOf(at) + offset;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
