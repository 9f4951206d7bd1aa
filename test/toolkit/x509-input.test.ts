import "reflect-metadata";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import type { SigningPolicy } from "../../src/index.js";
import type { CertificateStatus } from "../../src/toolkit/x509/index.js";
import {
  createCertificateRequest,
  createOcspResponse,
  createRevocationList,
  createSelfSignedCertificate,
  createTimestampResponse,
  issueCertificate,
} from "../../src/toolkit/x509/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { failureOf } from "../support/failure.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const NEVER = new Date(Number.NaN);
const notAfter = new Date("2049-01-01");
const timestampPolicy = "1.2.3";

/** An OCSP request about serial number 1 (RFC 6960, section 4.1.1), with hashes of zeros. */
const OCSP_REQUEST = Buffer.from(
  `3040303e303c303a3038300706052b0e03021a0414${"00".repeat(20)}0414${"00".repeat(20)}020101`,
  "hex",
);
/** A request for a timestamp (RFC 3161, section 2.4.1) of a SHA-256 of zeros. */
const TIMESTAMP_REQUEST = Buffer.from(
  `30360201013031300d0609608648016503040201050004 20${"00".repeat(32)}`.replace(" ", ""),
  "hex",
);

let policy: SigningPolicy;
let authority: x509.X509Certificate;

beforeAll(async () => {
  policy = await signpath().policy("demo/p-256");
  const extensions = [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.timeStamping], true),
  ];
  authority = await createSelfSignedCertificate({ policy, notAfter, extensions });
});

/** What a call is refused with, which must have sent nothing. */
async function refusalOf(make: () => Promise<unknown>): Promise<unknown> {
  const before = sentTo(emulator());
  const refusal = await failureOf(make());
  expect(sentTo(emulator())).toBe(before);
  return refusal;
}

const certificate = (more: object) => () => createSelfSignedCertificate({ policy, notAfter, ...more });
const request = (more: object) => () => createCertificateRequest({ policy, ...more });
const list = (revoked: object, more: object = {}) => {
  const entry = { serialNumber: "01", ...revoked };
  return () =>
    createRevocationList({
      policy,
      issuer: authority,
      revoked: [entry],
      nextUpdate: notAfter,
      number: 1,
      ...more,
    });
};
const status = (said: unknown, more: object = {}) => {
  const statusOf = () => said as CertificateStatus;
  return () => createOcspResponse({ policy, responder: authority, request: OCSP_REQUEST, statusOf, ...more });
};
const timestamp = (more: object) => () =>
  createTimestampResponse({ policy, authority, request: TIMESTAMP_REQUEST, timestampPolicy, ...more });

describe("is refused before anything is sent:", () => {
  const twice = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.BasicConstraintsExtension(true, undefined, true),
  ];
  const number = new x509.Extension("2.5.29.20", false, Uint8Array.of(2, 1, 5));

  it.each([
    ["a year before those that can be written", certificate({ notBefore: new Date("1900-01-01") })],
    ["a year after those that can be written", certificate({ notAfter: new Date("+012000-01-01") })],
    ["a certificate without an end", certificate({ notAfter: undefined })],
    ["a date that is a text", certificate({ notAfter: "2049-01-01" })],
    ["a certificate with an extension twice", certificate({ extensions: twice })],
    [
      "an authority below one that may have none",
      () => {
        const extensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
        const { publicKey } = authority;
        return issueCertificate({
          policy,
          issuer: authority,
          publicKey,
          subject: "CN=a",
          notAfter,
          extensions,
        });
      },
    ],
    ["a request with an extension twice", request({ extensions: twice })],
    ["a part of a name without a type", request({ subject: "CN=a, Example Ltd." })],
    ["a part of a name with spaces about its =", request({ subject: "CN = a, O=b" })],
    ["a name between slashes", request({ subject: "/CN=a/O=b" })],
    ["a name with an end that is missing", request({ subject: "CN=a," })],
    ["a revocation at no time", list({ revocationDate: NEVER })],
    ["an invalidity at no time", list({ invalidity: NEVER })],
    ["a reason that there is not", list({ reason: 99 })],
    ["the reason that is not used", list({ reason: 7 })],
    ["a number of a list that is a text", list({}, { number: "5" })],
    ["a list without a number", list({}, { number: undefined })],
    ["a list with two numbers", list({}, { extensions: [number] })],
    ["a status that is misspelt", status({ status: "Revoked", revocationDate: new Date() })],
    ["no status", status(undefined)],
    ["a status revoked without a time", status({ status: "revoked" })],
    ["a status revoked for no reason", status({ status: "revoked", revocationDate: new Date(), reason: 99 })],
    ["statuses that have ended already", status({ status: "good" }, { nextUpdate: new Date(0) })],
    ["an accuracy below zero", timestamp({ accuracySeconds: -1 })],
    ["an accuracy that is no whole number", timestamp({ accuracySeconds: 0.5 })],
    ["an accuracy that is a text", timestamp({ accuracySeconds: "1" })],
    ["a timestamp of no time", timestamp({ time: NEVER })],
  ])("%s", async (_title, make) => {
    expect(await refusalOf(make)).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it.each([
    ["a request", () => createCertificateRequest({} as never)],
    ["a certificate", () => createSelfSignedCertificate({ notAfter } as never)],
    ["a list", () => createRevocationList({ nextUpdate: notAfter, number: 1 } as never)],
  ])("%s by no policy, as a TypeError that says so", async (_title, make) => {
    expect(await refusalOf(make)).toEqual(new TypeError("policy must be one that a SignPath client gave"));
  });
});

describe("is taken:", () => {
  it.each([
    ["CN=a", "CN=a"],
    ["CN=a, O=b+OU=c", "CN=a, O=b+OU=c"],
    ["CN=a\\, b, O=c", "CN=a\\, b, O=c"],
    ['CN="a, b", O=c', "CN=a\\, b, O=c"],
    ["2.5.4.3=a,O=b=c", "CN=a, O=b=c"],
    ["", ""],
  ])("the name %j", async (subject, written) => {
    expect((await request({ subject })()).subject).toBe(written);
  });

  it("dates of the years 1950 to 9999, an accuracy of 0, each status and a list of what is revoked", async () => {
    const ends = { notBefore: new Date("1950-01-01"), notAfter: new Date("9999-12-31T23:59:59Z") };
    expect(await certificate(ends)()).toMatchObject(ends);
    await timestamp({ accuracySeconds: 0 })();
    for (const said of ["good", "unknown"]) await status({ status: said })();
    await status({ status: "revoked", revocationDate: new Date(), reason: 1 })();
    const invalidity = new Date("2020-01-01");
    const [entry] = (await list({ reason: x509.X509CrlReason.keyCompromise, invalidity })()).entries;
    expect(entry).toMatchObject({ serialNumber: "01", reason: 1, invalidity });
  });
});

describe("another copy of @peculiar/x509, such as a bundler takes for the user's code,", () => {
  // The module that its `module` field names, where Node takes that of `main`.
  const file = join(
    createRequire(import.meta.url).resolve("@peculiar/x509/package.json"),
    "../build/x509.es.js",
  );
  let copy: typeof x509;

  beforeAll(async () => {
    copy = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as typeof x509;
    expect(copy.Name).not.toBe(x509.Name);
  });

  it("makes names, keys, extensions, attributes, certificates and requests that are taken", async () => {
    const subject = new copy.Name("CN=a, O=b");
    const extensions = [new copy.SubjectAlternativeNameExtension([{ type: "dns", value: "sign.example" }])];
    const attributes = [new copy.ChallengePasswordAttribute("x")];
    const made = await createCertificateRequest({ policy, subject, extensions, attributes });
    expect(made).toMatchObject({ subject: "CN=a, O=b", extensions: [{ type: "2.5.29.17" }] });
    const issuer = new copy.X509Certificate(authority.rawData);
    const ask = new copy.Pkcs10CertificateRequest(made.rawData);
    const issued = await issueCertificate({ policy, issuer, request: ask, notAfter });
    expect(issued.publicKey.rawData).toEqual(made.publicKey.rawData);
    const { publicKey } = issuer;
    expect((await issueCertificate({ policy, issuer, publicKey, subject, notAfter })).subject).toBe(
      "CN=a, O=b",
    );
  });
});

describe("a certificate of the signer that is malformed", () => {
  it.each([
    ["in its key", /03420004/, "03420005"],
    ["in an extension", /0603551d130101ff0408300601/, "0603551d130101ff0408310601"],
    ["in the length of an extension's value", /0603551d130101ff04083006/, "0603551d130101ff0408307f"],
  ])("%s is refused as CONFIG_INVALID", async (_title, place, changed) => {
    const hex = Buffer.from(authority.rawData).toString("hex");
    expect(hex).toMatch(place);
    const issuer = Buffer.from(hex.replace(place, changed), "hex");
    const publicKey = authority.publicKey.rawData;
    const issue = () => issueCertificate({ policy, issuer, notAfter, publicKey, subject: "CN=Somebody" });
    expect(await refusalOf(issue)).toMatchObject({ name: "SignPathError", code: "CONFIG_INVALID" });
  });
});
