import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { issuerAddresses } from "../../../src/cms/sign/chain/aia.js";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const AIA = "1.3.6.1.5.5.7.1.1";

/** A certificate with this as its authority information access. */
async function certificateWith(value: string): Promise<Uint8Array<ArrayBuffer>> {
  const keys = await globalThis.crypto.subtle.generateKey(ES256, false, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=with AIA",
      keys,
      signingAlgorithm: ES256,
      extensions: [new x509.Extension(AIA, false, Uint8Array.from(Buffer.from(value, "hex")))],
    },
    globalThis.crypto,
  );
  return new Uint8Array(certificate.rawData);
}

const CA_ISSUERS = "06082b06010505073002";
const text = (url: string): string => Buffer.from(url).toString("hex");
const length = (hex: string): string => (hex.length / 2).toString(16).padStart(2, "0");
const wrapped = (tag: string, ...parts: string[]): string => tag + length(parts.join("")) + parts.join("");
const description = (url: string): string => wrapped("30", CA_ISSUERS, wrapped("86", text(url)));

describe("the addresses of a certificate's issuer", () => {
  it.each([
    ["http://ca.example/a", true],
    ["https://ca.example/b", true],
    ["ldap://ca.example/c", false],
    ["https://n:p@ca.example/d", false],
  ])("are those of http and https without credentials: %s", async (url, isTaken) => {
    const certificate = await certificateWith(wrapped("30", description(url)));
    expect(issuerAddresses(certificate).map(String)).toEqual(isTaken ? [url] : []);
  });

  it.each([
    ["ends too early", "3005300306"],
    ["is of another type", "0500"],
    ["names a method that is no identifier", wrapped("30", wrapped("30", "0500", "8600"))],
  ])("are none where the extension %s", async (_title, value) => {
    expect(issuerAddresses(await certificateWith(value))).toEqual([]);
  });
});
