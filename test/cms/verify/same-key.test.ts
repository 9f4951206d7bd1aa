import { describe, expect, it } from "vitest";
import { verifyCms } from "../../../src/cms/index.js";
import { codes, essCertificate, failure, OPTIONS, usual } from "./support/hand-made.js";
import type { CertificateShape } from "./support/write-certificate.js";
import { certificate, crl, extension, key, keyIdentifier, years } from "./support/write-certificate.js";
import { digest, signedData, signerInfo } from "./support/write-cms.js";
import { der, integer, octets } from "./support/write-der.js";

const ISSUER = "CN=Root";
const SIGNER = key("CN=Signer");

const ofSigner = (serial: number, shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({
    ...{ subject: "CN=Signer", issuer: ISSUER, ca: undefined, serial: integer(serial) },
    ...shape,
  });
const signed = (certificates: readonly Buffer[], attributes: readonly Buffer[] = usual): Buffer =>
  signedData({
    version: 3,
    certificates: [...certificates],
    signers: [signerInfo({ version: 3, sid: der(0x80, keyIdentifier(SIGNER)), attributes })],
  });

describe("a key identifier that several certificates have", () => {
  const good = ofSigner(50);
  const expired = ofSigner(51, { from: years(-3), to: years(-1) });
  const future = ofSigner(52, { from: years(1), to: years(3) });
  const elsewhere = ofSigner(53, { issuer: "CN=Nobody" });
  const revoking = (serial: number): Buffer =>
    crl({ issuer: ISSUER, revoked: [{ serial: integer(serial) }] });

  it.each([
    ["has expired", expired],
    ["is not valid yet", future],
    ["leads to no root", elsewhere],
  ])("is good by a good one where another one %s, in either order", async (_title, other) => {
    for (const certificates of [
      [other, good],
      [good, other],
    ]) {
      const { signers } = await verifyCms(signed(certificates), OPTIONS);
      expect(signers).toMatchObject([{ verified: true, reasons: [] }]);
      expect(Buffer.from(signers[0]?.certificate ?? [])).toEqual(good);
      expect(signers[0]?.chain).toHaveLength(2);
    }
  });

  it("is good by a good one that is given beside the signature", async () => {
    const { signers } = await verifyCms(signed([expired]), { ...OPTIONS, certificates: [good] });
    expect(Buffer.from(signers[0]?.certificate ?? [])).toEqual(good);
  });

  it("is told of by the first one where none is good", async () => {
    expect(codes(await failure(signed([expired, elsewhere]), OPTIONS))).toEqual(["CERTIFICATE_EXPIRED"]);
    expect(codes(await failure(signed([elsewhere, expired]), OPTIONS))).toEqual(["CHAIN_INCOMPLETE"]);
  });

  it("is not good where one of them was revoked, in either order, since their key is the same", async () => {
    for (const certificates of [
      [ofSigner(54), good],
      [good, ofSigner(54)],
    ]) {
      const options = { ...OPTIONS, crls: [revoking(54)] };
      expect(codes(await failure(signed(certificates), options))).toEqual(["CERTIFICATE_REVOKED"]);
    }
  });

  it("is by no other one than that which the signer named", async () => {
    const named = [...usual, essCertificate(digest(expired))];
    for (const certificates of [
      [expired, good],
      [good, expired],
    ])
      expect(codes(await failure(signed(certificates, named), OPTIONS))).toEqual(["CERTIFICATE_EXPIRED"]);
    const onlyOther = await failure(signed([good], named), OPTIONS);
    expect(codes(onlyOther)).toEqual(["SIGNING_CERTIFICATE_MISMATCH"]);
  });

  it("finds the one that the signer named among many others", async () => {
    const others = Array.from({ length: 20 }, (_each, index) => ofSigner(100 + index));
    const cms = signed([...others, good], [...usual, essCertificate(digest(good))]);
    const { signers } = await verifyCms(cms, OPTIONS);
    expect(Buffer.from(signers[0]?.certificate ?? [])).toEqual(good);
  });

  it("is not good by one with another key under the same identifier", async () => {
    const stranger = certificate({
      ...{ subject: "CN=Signer", issuer: ISSUER, ca: undefined, serial: integer(60) },
      key: key("CN=Stranger"),
      keyIds: false,
      extensions: [extension("2.5.29.14", octets(keyIdentifier(SIGNER)))],
    });
    expect(codes(await failure(signed([stranger]), OPTIONS))).toEqual(["SIGNATURE_INVALID"]);
    expect((await verifyCms(signed([stranger, good]), OPTIONS)).signers[0]?.verified).toBe(true);
    expect(codes(await failure(signed([stranger, expired]), OPTIONS))).toEqual(["CERTIFICATE_EXPIRED"]);
  });
});
