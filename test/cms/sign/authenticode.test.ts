import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { addSigner, signCms, signCmsStream } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { openssl, testWith } from "../../support/verifiers.js";
import { child, readDer } from "../der.js";
import { CONTENT, sentTo, useSignPath } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

const SPC_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";

/**
 * `SpcIndirectDataContent { data { SPC_PE_IMAGE_DATA, SpcPeImageData }, messageDigest }` of a file whose Authenticode digest
 * is of zeros, as the specification of Windows Authenticode has it.
 */
const SPC = Buffer.from(
  `304c3017060a2b060104018237020 10f3009030100a004a20280003031300d060960864801650304020105000420${"00".repeat(32)}`.replaceAll(
    " ",
    "",
  ),
  "hex",
);
/** `SpcStatementType { individualCodeSigning }`, and `SpcSpOpusInfo {}`. */
const ATTRIBUTES = [
  { type: "1.3.6.1.4.1.311.2.1.11", values: Buffer.from("300c060a2b060104018237020115", "hex") },
  { type: "1.3.6.1.4.1.311.2.1.12", values: Buffer.from("3000", "hex") },
];

describe("content of Authenticode's form", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const optionsOf = async (more: Partial<SignCmsOptions> = {}): Promise<SignCmsOptions> => ({
    policy: await signpath().policy("demo/rsa-2048"),
    certificates: [emulator().intermediateCertificate],
    contentType: SPC_INDIRECT_DATA,
    contentEncoding: "asn1",
    detached: false,
    attributes: ATTRIBUTES,
    signingTime: false,
    signingCertificate: false,
    ...more,
  });

  it("is a value of its own, hashed without its tag and length, in version 1", async () => {
    const signed = await signCms(SPC, await optionsOf());
    const { version, contentType, content, signers } = readSignedData(signed);
    expect([version, contentType]).toEqual([1, SPC_INDIRECT_DATA]);
    expect(content?.bytes).toEqual(SPC);
    const digest = createHash("sha256").update(readDer(SPC).content).digest();
    expect(signers[0]?.attributes.get(MESSAGE_DIGEST)?.[0]?.content).toEqual(digest);
    expect(child(readDer(signed), 1, 0).children).toHaveLength(5);
    const stream = signCmsStream(SPC, await optionsOf());
    const streamed: Uint8Array[] = [];
    for await (const chunk of stream) streamed.push(chunk);
    expect(Buffer.concat(streamed).equals(signed)).toBe(true);
  });

  testWith("openssl", "is read and verified by openssl, and takes another signer", async () => {
    const folder = temporaryFolder();
    const path = (name: string): string => join(folder, name);
    await writeFile(path("root.pem"), emulator().rootCertificate);
    // What openssl hashes of a detached PKCS #7 is the content that it is given: the octets without tag and length.
    await writeFile(path("octets"), readDer(SPC).content);
    const first = await signCms(SPC, await optionsOf());
    const policy = await signpath().policy("demo/rsa-3072");
    const { certificates } = await optionsOf();
    const both = await addSigner(first, { policy, certificates, signingCertificate: false });
    for (const [signed, signers] of [
      [first, 1],
      [both, 2],
    ] as const) {
      expect(readSignedData(signed).version).toBe(1);
      expect(readSignedData(signed).signers).toHaveLength(signers);
      await writeFile(path("p7"), signed);
      const verified = await openssl([
        "smime",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        path("p7"),
        "-content",
        path("octets"),
        "-CAfile",
        path("root.pem"),
        "-purpose",
        "any",
        "-out",
        path("out"),
      ]);
      expect(verified.stderr.trim()).toBe("Verification successful");
    }
  });

  it.each<[string, Buffer]>([
    ["is no value", Buffer.from("3005", "hex")],
    ["is followed by something", Buffer.concat([SPC, Buffer.of(0)])],
    ["is of indefinite length", Buffer.from("30800000", "hex")],
    ["is empty", Buffer.of()],
  ])("is refused where it %s, and nothing is sent", async (_title, content) => {
    const before = sentTo(emulator());
    expect(await codedFailureOf(signCms(content, await optionsOf()))).toMatchObject({
      code: "REQUEST_REJECTED",
      attempts: 0,
    });
    expect(sentTo(emulator())).toBe(before);
  });

  it.each<[string, Partial<SignCmsOptions>]>([
    ["data", { contentType: undefined }],
    ["BER", { encoding: "ber" }],
    ["a signer by key identifier", { signerIdentifier: "subjectKeyIdentifier" }],
    ["a form that there is not", { contentEncoding: "pkcs7" as never }],
  ])("is refused together with %s", async (_title, more) => {
    expect(await codedFailureOf(signCms(CONTENT, await optionsOf(more)))).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
