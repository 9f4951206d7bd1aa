import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyCms } from "../../../src/cms/index.js";
import { codes, essCertificate, failure, OPTIONS, one, protection, usual } from "./support/hand-made.js";
import { certificate, crl, key, keyIdentifier, NOW } from "./support/write-certificate.js";
import {
  algorithm,
  attribute,
  CONTENT,
  contentType,
  digest,
  ID,
  SERIAL,
  SIGNER,
  signedData,
  signerInfo,
  signingTime,
} from "./support/write-cms.js";
import { der, integer, nothing, octets } from "./support/write-der.js";

describe("a signature made by hand", () => {
  it("is good where nothing is wrong with it", async () => {
    const { signers } = await verifyCms(signedData(), OPTIONS);
    expect(signers).toMatchObject([{ verified: true, reasons: [], revocation: "unknown" }]);
  });

  it("is good with every attribute that it may have", async () => {
    const attributes = [
      ...usual,
      signingTime(NOW),
      protection(ID.sha256, ID.ecdsaSha256),
      essCertificate(digest(SIGNER)),
    ];
    const { signers } = await verifyCms(one({ attributes }), OPTIONS);
    expect(signers[0]).toMatchObject({ verified: true, signingTime: NOW });
  });

  it("is good by an Ed25519 key, over attributes", async () => {
    const pair = generateKeyPairSync("ed25519");
    const own = certificate({
      subject: "CN=Ed",
      issuer: "CN=Root",
      key: pair,
      ca: undefined,
      serial: SERIAL,
    });
    const signer = signerInfo({
      key: pair,
      digestAlgorithm: algorithm(ID.sha512),
      signatureAlgorithm: algorithm("1.3.101.112"),
      attributes: [contentType(), attribute(ID.messageDigest, octets(digest(CONTENT, "sha512")))],
    });
    const cms = signedData({
      digestAlgorithms: [algorithm(ID.sha512)],
      certificates: [own],
      signers: [signer],
    });
    expect((await verifyCms(cms, OPTIONS)).signers[0]?.signatureAlgorithm).toBe("Ed25519");
  });

  it("is good with its attributes in another order than DER's, as some write them", async () => {
    const [first = nothing, second = nothing] = [...usual].sort(Buffer.compare);
    const asTheyStand = der(0x31, second, first);
    const info = signerInfo({ signed: asTheyStand });
    const swapped = Buffer.from(info);
    swapped.set(Buffer.concat([second, first]), info.indexOf(first));
    expect((await verifyCms(signedData({ signers: [swapped] }), OPTIONS)).signers[0]?.verified).toBe(true);
  });

  it("is by the certificate that it names, of several with the same key", async () => {
    const [before, after] = [50, 51].map((serial) =>
      certificate({ subject: "CN=Signer", issuer: "CN=Root", ca: undefined, serial: integer(serial) }),
    );
    if (before === undefined || after === undefined) throw new Error("there are no two certificates");
    const signer = signerInfo({
      version: 3,
      sid: der(0x80, keyIdentifier(key("CN=Signer"))),
      attributes: [...usual, essCertificate(digest(after))],
    });
    const cms = signedData({ version: 3, certificates: [before, after], signers: [signer] });
    const { signers } = await verifyCms(cms, OPTIONS);
    expect(Buffer.compare(signers[0]?.certificate ?? Buffer.alloc(0), after)).toBe(0);
  });

  it("is found to be revoked by a CRL in it", async () => {
    const list = crl({ issuer: "CN=Root", revoked: [{ serial: SERIAL }] });
    const error = await failure(signedData({ crls: [list] }));
    expect(codes(error)).toEqual(["CERTIFICATE_REVOKED"]);
    expect(error.verification?.signers[0]?.revocation).toBe("revoked");
    const good = await verifyCms(signedData({ crls: [crl({ issuer: "CN=Root" })] }), {
      ...OPTIONS,
      requireRevocation: true,
    });
    expect(good.signers[0]?.revocation).toBe("good");
  });
});
