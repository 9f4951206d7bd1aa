import { X509Certificate } from "node:crypto";
import { generateExecutableWithSign, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { SignerObjectOptions } from "../../../src/toolkit/authenticode/index.js";
import {
  createSignerObject,
  finalizeExecutable,
  signExecutable,
} from "../../../src/toolkit/authenticode/index.js";
import { imageOf } from "../../../src/toolkit/authenticode/pe/image.js";
import { readLayout } from "../../../src/toolkit/authenticode/pe/layout.js";
import { sentTo, useSignPath } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, codedThrownBy, thrownBy } from "../../support/failure.js";
import { toolkitTest } from "../../support/toolkit-row.js";
import { MICROSOFT, makeImage } from "./images.js";
import { Osslsigncode, turned, VARIANTS } from "./osslsigncode.js";

const proves = toolkitTest({
  subpath: "/authenticode",
  toolkit: "resedit",
  use: "`createSignerObject({ policy })` for `generateExecutableWithSign`",
  verifiers: ["osslsigncode"],
  verifiedBy: ["`osslsigncode verify`"],
});

describe("resedit", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const osslsigncode = new Osslsigncode(emulator);
  const optionsOf = async (
    slug = "rsa-2048",
    more: Partial<SignerObjectOptions> = {},
  ): Promise<SignerObjectOptions> => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const sign = async (image: Uint8Array, options: SignerObjectOptions): Promise<Uint8Array> => {
    const executable = NtExecutable.from(image, { ignoreCert: true });
    const signed = await generateExecutableWithSign(executable, createSignerObject(options), 8);
    return finalizeExecutable(signed);
  };

  for (const { slug, hash, proves: algorithm } of VARIANTS) {
    proves(
      `signs by demo/${slug} with ${hash} and a timestamp, and no copy that was tampered with`,
      algorithm,
      async () => {
        const signed = await sign(
          makeImage(),
          await optionsOf(slug, { hash, timestamp: emulator().timestampUrl }),
        );
        expect(await osslsigncode.verify(signed)).toMatchObject({ signatures: 1, timestamps: 1 });
        expect(await osslsigncode.rejects(turned(signed, 700))).toBe(true);
      },
    );
  }

  proves(
    "signs what it has edited, and takes another signature by signExecutable",
    ["RSA PKCS#1", "P-256"],
    async () => {
      const executable = NtExecutable.from(MICROSOFT, { ignoreCert: true });
      const resources = NtExecutableResource.from(executable);
      const version = Resource.VersionInfo.createEmpty();
      version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: "App" });
      version.outputToResourceEntries(resources.entries);
      resources.outputResource(executable);
      const signer = createSignerObject(await optionsOf());
      const signed = await finalizeExecutable(await generateExecutableWithSign(executable, signer, 8));
      expect((await osslsigncode.verify(signed)).signatures).toBe(1);
      const { policy, certificates } = await optionsOf("p-256");
      const both = await signExecutable(signed, { policy, certificates, nested: true, description: "App" });
      expect((await osslsigncode.verify(both)).signatures).toBe(2);
    },
  );

  proves("signs sixteen files at once with one object", "RSA PKCS#1", async () => {
    const signer = createSignerObject(await optionsOf());
    const images = Array.from({ length: 16 }, (_, index) => makeImage({ sections: [100 + index * 600] }));
    const all = images.map((image) => generateExecutableWithSign(NtExecutable.from(image), signer, 8));
    for (const signed of await Promise.all(all))
      expect((await osslsigncode.verify(await finalizeExecutable(signed))).signatures).toBe(1);
  });

  it("gets the issuers, and the root only where that is asked for", async () => {
    const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
    const { intermediateCertificate, rootCertificate } = emulator();
    const certificates = [rootCertificate, intermediateCertificate];
    const policy = await signpath().policy("demo/rsa-2048");
    const [without, withRoot] = [false, true].map((includeRoot) =>
      createSignerObject({ policy, certificates, includeRoot })
        .getCertificateData()
        .map((der) => Buffer.from(der)),
    );
    const chain = [policy.certificatePem, intermediateCertificate, rootCertificate].map(derOf);
    expect(without).toEqual(chain.slice(0, 2));
    expect(withRoot).toEqual(chain);
  });

  it("gets the error of what fails", async () => {
    emulator().addFault({ kind: "status", status: 403, route: "signingRequests", count: 1 });
    expect(await codedFailureOf(sign(makeImage(), await optionsOf()))).toMatchObject({ code: "FORBIDDEN" });
    const timestamp = { authorities: ["http://127.0.0.1:1/"], retries: 0 };
    const failed = sign(makeImage(), await optionsOf("p-256", { timestamp }));
    expect(await codedFailureOf(failed)).toMatchObject({ code: "TIMESTAMP_FAILED" });
    const before = sentTo(emulator());
    const aborted = sign(makeImage(), await optionsOf("rsa-2048", { signal: AbortSignal.abort() }));
    expect(await codedFailureOf(aborted)).toMatchObject({ code: "ABORTED" });
    expect(sentTo(emulator())).toBe(before);
  });

  it("gets no signature by a key whose certificate it does not have", async () => {
    const options = await optionsOf("p-384");
    const signer = createSignerObject(options);
    const pieces = (): Iterator<ArrayBuffer, void> => [new ArrayBuffer(100)].values() as never;
    signer.getCertificateData();
    await emulator().rotateCertificate("p-384", { newKey: true });
    // Another call hears of it first.
    const other = createSignerObject(options).signData(pieces());
    expect(await codedFailureOf(other)).toMatchObject({ code: "CERTIFICATE_CHANGED" });
    const failing = signer.signData(pieces());
    expect(await codedFailureOf(failing)).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true });
    signer.getCertificateData();
    expect((await signer.signData(pieces())).byteLength).toBeGreaterThan(90);
  });

  it.each(["a", "ab", "abc", "abcd", "abcde"])("has a signature as long as its entry: %s", async (text) => {
    const executable = NtExecutable.from(makeImage());
    const padded = { ...createSignerObject(await optionsOf("p-256")) };
    const certificates = [
      ...padded.getCertificateData(),
      Buffer.from([0x04, text.length, ...Buffer.from(text)]),
    ];
    padded.getCertificateData = () =>
      certificates.map((each) => Uint8Array.from(new Uint8Array(each)).buffer);
    const signed = Buffer.from(
      await finalizeExecutable(await generateExecutableWithSign(executable, padded, 8)),
    );
    const { certificateTable } = await readLayout(imageOf(signed));
    expect(certificateTable).toBeDefined();
    const { offset = 0, length } = certificateTable ?? {};
    expect(signed.readUInt32LE(offset)).toBe(length);
  });

  it("gets no object for what cannot be signed", async () => {
    const before = sentTo(emulator());
    const options = await optionsOf();
    for (const more of [{ padding: "pss" }, { hash: "SHA-1" }, { padding: "oaep" }]) {
      const error = codedThrownBy(() => createSignerObject({ ...options, ...more } as SignerObjectOptions));
      expect(error.code).toBe("ALGORITHM_NOT_SUPPORTED");
    }
    expect(thrownBy(() => createSignerObject({ policy: {} as never }))).toBeInstanceOf(TypeError);
    expect(sentTo(emulator())).toBe(before);
  });

  it("takes the object by its types", () => {
    type Signer = Parameters<typeof generateExecutableWithSign>[1];
    expectTypeOf<ReturnType<typeof createSignerObject>>().toExtend<Signer>();
  });
});
