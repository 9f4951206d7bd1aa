import { createHash, X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { CmsSigner, SignCmsOptions } from "../../../src/cms/index.js";
import {
  addSigner,
  certificateBundle,
  counterSign,
  mergeCms,
  signCms,
  signCmsStream,
} from "../../../src/cms/index.js";
import { bouncyCastleSays } from "../../support/bouncy-castle.js";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith } from "../../support/verifiers.js";
import { CONTENT, OpensslCms, useSignPath } from "../support.js";
import { crl } from "../verify/support/write-certificate.js";
import { der, explicit, octets, oid, sequence } from "../verify/support/write-der.js";
import type { ReadSignedData } from "./read-signed-data.js";
import { readSignedData, readSigner } from "./read-signed-data.js";

const ID_DATA = "1.2.840.113549.1.7.1";
const COUNTERSIGNATURE = "1.2.840.113549.1.9.6";
const CRL = crl({ issuer: "CN=Root" });
/** OCSPResponse { successful, [0] { id-pkix-ocsp-basic, … } } (RFC 6960, section 4.2.1). */
const OCSP = sequence(
  der(0x0a, Buffer.of(0)),
  explicit(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octets(sequence()))),
);

type SignerIdentifier = NonNullable<CmsSigner["signerIdentifier"]>;
const IDENTIFIERS: readonly SignerIdentifier[] = ["issuerAndSerialNumber", "subjectKeyIdentifier"];
const REVOCATION = [
  { crls: [], ocspResponses: [] },
  { crls: [CRL], ocspResponses: [] },
  { crls: [], ocspResponses: [OCSP] },
  { crls: [CRL], ocspResponses: [OCSP] },
] as const;

/** How a signature is made, before anything is done to it. */
interface Cell {
  readonly title: string;
  readonly signerIdentifier: SignerIdentifier;
  readonly contentType: string;
  readonly revocation: (typeof REVOCATION)[number];
}

const CELLS: readonly Cell[] = IDENTIFIERS.flatMap((signerIdentifier) =>
  [ID_DATA, "1.3.6.1.4.1.99999.7"].flatMap((contentType) =>
    REVOCATION.map((revocation) => ({
      title: `${signerIdentifier}, ${contentType}, ${revocation.crls.length} CRLs, ${revocation.ocspResponses.length} OCSP responses`,
      ...{ signerIdentifier, contentType, revocation },
    })),
  ),
);

/** RFC 5652, section 5.3. */
const versionOfSigner = (sidTag: number): number => (sidTag === 0x30 ? 1 : 3);

/** RFC 5652, section 5.1, question by question. */
function versionOf({ certificates, crls, signers, contentType }: ReadSignedData): number {
  const [choices, formats] = [certificates.map(([tag]) => tag), crls.map(({ tag }) => tag)];
  if (choices.length > 0 && choices.includes(0xa3)) return 5;
  if (formats.length > 0 && formats.includes(0xa1)) return 5;
  if (choices.length > 0 && choices.includes(0xa2)) return 4;
  if (choices.includes(0xa1) || signers.some(({ version }) => version === 3) || contentType !== ID_DATA)
    return 3;
  return 1;
}

/** The same of what was asked for, without a look at what was made. */
const wanted = ({ contentType, revocation }: Cell, identifiers: readonly SignerIdentifier[]): number => {
  if (revocation.ocspResponses.length > 0) return 5;
  return identifiers.includes("subjectKeyIdentifier") || contentType !== ID_DATA ? 3 : 1;
};

/** Of BER with indefinite lengths: it stands after three headers and the type of SignedData. */
const versionInBer = (ber: Uint8Array): number => {
  const header = Buffer.from("308006092a864886f70d010702a0803080020100", "hex");
  expect(Buffer.from(ber.subarray(0, header.length - 1))).toEqual(header.subarray(0, -1));
  return ber[header.length - 1] ?? 0;
};

/** A signature with who signed it, for the verifiers. */
interface Made {
  readonly title: string;
  readonly cms: Uint8Array;
  readonly isAttached: boolean;
  readonly signers: number;
}

describeWith(["openssl", "Bouncy Castle"], "versions by RFC 5652, sections 5.1 and 5.3, are right", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const openssl = new OpensslCms(emulator);
  const folder = temporaryFolder();
  const made: Made[] = [];

  const signerOf = async (slug: string, signerIdentifier: SignerIdentifier) => ({
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [emulator().intermediateCertificate],
    signerIdentifier,
  });
  const sign = async (cell: Cell, more: Partial<SignCmsOptions> = {}): Promise<Uint8Array> => {
    const { signerIdentifier, contentType, revocation } = cell;
    const signer = await signerOf("p-256", signerIdentifier);
    return signCms(CONTENT, { ...signer, ...revocation, contentType, ...more });
  };
  const keep = (title: string, cms: Uint8Array, signers = 1, isAttached = false): void => {
    made.push({ title, cms, isAttached, signers });
  };
  const expectVersions = (cms: Uint8Array, cell: Cell, identifiers: readonly SignerIdentifier[]): void => {
    const read = readSignedData(cms);
    expect(read.version).toBe(versionOf(read));
    expect(read.version).toBe(wanted(cell, identifiers));
    for (const { version, sid } of read.signers) expect(version).toBe(versionOfSigner(sid.tag));
    const { crls, ocspResponses } = cell.revocation;
    expect(read.crls).toHaveLength(crls.length + ocspResponses.length);
    expect(read.signers.map(({ sid }) => sid.tag).sort()).toEqual(
      identifiers.map((each) => (each === "issuerAndSerialNumber" ? 0x30 : 0x80)).sort(),
    );
  };

  const rows = CELLS.map((cell): [string, Cell] => [cell.title, cell]);

  describe.each(rows)("%s", (title, cell) => {
    const own = cell.signerIdentifier;

    it("from signCms and signCmsStream", async () => {
      const [detached, attached] = [await sign(cell), await sign(cell, { detached: false })];
      for (const cms of [detached, attached]) expectVersions(cms, cell, [own]);
      keep(`${title}, detached`, detached);
      keep(`${title}, attached`, attached, 1, true);
      const signer = await signerOf("p-256", own);
      const { contentType, revocation } = cell;
      const options = { ...signer, ...revocation, contentType, detached: false };
      for (const encoding of ["der", "ber"] as const) {
        const streamed = await new Response(
          signCmsStream(CONTENT, { ...options, encoding }) as ReadableStream<Uint8Array<ArrayBuffer>>,
        ).bytes();
        if (encoding === "der") expectVersions(streamed, cell, [own]);
        else expect(versionInBer(streamed)).toBe(wanted(cell, [own]));
        keep(`${title}, streamed as ${encoding}`, streamed, 1, true);
      }
    });

    it.each(IDENTIFIERS)(
      "from signCms, addSigner and counterSign, with another signer by %s",
      async (other) => {
        const signer = await signerOf("rsa-2048", other);
        const { policy: _policy, ...shared } = await signerOf("p-256", own);
        const { contentType, revocation } = cell;
        const both = await signCms(CONTENT, {
          ...shared,
          ...revocation,
          contentType,
          signers: [await signerOf("p-256", own), signer],
        });
        expectVersions(both, cell, [own, other]);
        keep(`${title}, with two signers`, both, 2);
        const one = await sign(cell);
        const added = await addSigner(one, signer);
        expectVersions(added, cell, [own, other]);
        keep(`${title}, added to`, added, 2);
        const countersigned = await counterSign(one, signer);
        // A counter-signature's version is none that counts.
        expectVersions(countersigned, cell, [own]);
        const [counter] = readSignedData(countersigned).signers[0]?.unsigned.get(COUNTERSIGNATURE) ?? [];
        expect(counter && readSigner(counter).version).toBe(other === "subjectKeyIdentifier" ? 3 : 1);
        keep(`${title}, counter-signed`, countersigned);
        const plain: Cell = { ...cell, signerIdentifier: other, revocation: REVOCATION[0] };
        const merged = await sign(plain, signer);
        for (const cms of [mergeCms(one, merged), mergeCms(merged, one)]) {
          expectVersions(cms, cell, [own, other]);
          keep(`${title}, merged`, cms, 2);
        }
      },
    );
  });

  it("of a bundle of certificates it is 1", () => {
    const read = readSignedData(certificateBundle([emulator().intermediateCertificate]));
    expect([read.version, versionOf(read), read.signers.length]).toEqual([1, 1, 0]);
  });

  describe("and all of them are good to others", () => {
    beforeAll(async () => {
      expect(made).toHaveLength(CELLS.length * (4 + 2 * 5));
      await writeFile(join(folder, "content"), CONTENT);
      await writeFile(join(folder, "root.pem"), new X509Certificate(emulator().rootCertificate).toString());
    });

    it("to openssl", async () => {
      const left = [...made];
      const worker = async (): Promise<void> => {
        for (let each = left.pop(); each !== undefined; each = left.pop()) {
          const content = await openssl.verify(each.cms, each.isAttached ? undefined : CONTENT);
          expect([each.title, content]).toEqual([each.title, CONTENT]);
        }
      };
      await Promise.all([worker(), worker(), worker()]);
    }, 120_000);

    it("to Bouncy Castle", async () => {
      const digest = createHash("sha256").update(CONTENT).digest("hex");
      const files = await Promise.all(
        made.map(async ({ cms, isAttached }, index) => {
          const signature = join(folder, `${index}.p7s`);
          await writeFile(signature, cms);
          const content = isAttached ? undefined : join(folder, "content");
          return { root: join(folder, "root.pem"), signature, content };
        }),
      );
      const verdicts = await bouncyCastleSays(files);
      expect(made.map(({ title }, index) => `${title}: ${verdicts[index]}`)).toEqual(
        made.map(({ title, signers }) => `${title}: good ${signers} 0 ${digest}`),
      );
    }, 60_000);
  });
});
