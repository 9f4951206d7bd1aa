import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CmsVerificationError, verifyCms } from "../../../src/cms/index.js";
import { PKITS } from "../../support/pkits.js";

/** The certificates of the suite are valid from 2010 to 2030. */
const AT = new Date("2020-01-01T00:00:00Z");

/**
 * Good by the standard, and refused nevertheless, each by the code with which what is not supported is refused: never the
 * other way round.
 */
const STRICTER: readonly (readonly [string, RegExp])[] = [
  // Policies: a path that asks for an explicit one is refused.
  ["CHAIN_INVALID", /(?:Polic(?:y|ies)|AnyPolicy|PolicyMapping|UserNoticeQualifier)Test\d+$/i],
  // A CRL counts if the very key that signed the certificate signed it, and if it is for all reasons and no indirect one.
  [
    "REVOCATION_UNKNOWN",
    /^Valid(?:BasicSelfIssued(?:CRLSigningKeyTest6|NewWithOldTest4|OldWithNewTest1)|SelfIssued\w+|SeparateCertificateandCRLKeysTest19)$/,
  ],
  [
    "REVOCATION_UNKNOWN",
    /^Valid(?:IDPwithindirectCRLTest\d+|cRLIssuerTest\d+|distributionPointTest[457]|onlySomeReasonsTest\d+)$/,
  ],
  // What a delta CRL takes back of a complete one is not followed.
  ["CERTIFICATE_REVOKED", /^ValiddeltaCRLTest5$/],
  // DSA.
  ["ALGORITHM_UNSUPPORTED", /^ValidDSA/],
];

/** Bad because of something other than revocation, and refused with this code also where no CRL must vouch. */
const PATH_DEFECTS: readonly (readonly [string, RegExp])[] = [
  ["CHAIN_INCOMPLETE", /^Invalid(?:CA|EE)Signature|^InvalidNameChaining/],
  ["CERTIFICATE_NOT_YET_VALID", /notBeforeDate/],
  ["CERTIFICATE_EXPIRED", /notAfterDate/],
  [
    "CHAIN_INVALID",
    /nameConstraints|pathLenConstraint|cAFalse|basicConstraints|keyCertSign|UnknownCriticalCertificate/i,
  ],
  ["CHAIN_INVALID", /(?:Mapping\w*|ExplicitPolicy|inhibitAnyPolicy)Test\d+$/i],
  ["CERTIFICATE_REVOKED", /Revoked(?:CA|EE)|SerialNumber|CRLEntryExtension|deltaCRLTest[3469]$/],
  ["CERTIFICATE_REVOKED", /distributionPointTest[26]$|onlySomeReasonsTest(?:15|16|20|21)$/],
];

interface Message {
  readonly name: string;
  readonly isGood: boolean;
  readonly content: Buffer;
  readonly signature: Buffer;
}

/** Takes a message of S/MIME apart (RFC 8551, section 3.5.3). */
function readMessage(folder: string, file: string): Message {
  const text = readFileSync(`${folder}/smime/${file}`, "latin1").replaceAll(/\r?\n/g, "\r\n");
  const boundary = `--${/boundary="([^"]+)"/.exec(text)?.[1]}`;
  const [, content = "", signature = ""] = text.split(boundary);
  const name = file.replace(/^Signed/, "").replace(/\.eml$/, "");
  return {
    name,
    isGood: !/^Invalid|^MissingCRL/.test(name),
    content: Buffer.from(content.slice(2, -2), "latin1"),
    signature: Buffer.from(signature.slice(signature.indexOf("\r\n\r\n")), "base64"),
  };
}

/** The codes with which it is refused; none where it is good. */
async function refusals({ content, signature }: Message, requireRevocation: boolean): Promise<string[]> {
  const roots = [readFileSync(`${PKITS}/certs/TrustAnchorRootCertificate.crt`)];
  try {
    await verifyCms(signature, { content, roots, at: AT, requireRevocation });
    return [];
  } catch (error) {
    if (!(error instanceof CmsVerificationError)) throw error;
    return error.reasons.map(({ code }) => code);
  }
}

const codeOf = (table: typeof STRICTER, name: string): string | undefined =>
  table.find(([, names]) => names.test(name))?.[0];

describe.skipIf(PKITS === undefined)("the signed messages of NIST's PKITS, with the CRLs in them", () => {
  const files = PKITS === undefined ? [] : readdirSync(`${PKITS}/smime`);
  const messages = files.map((file) => readMessage(PKITS ?? "", file));
  const titled = (list: readonly Message[]): [string, Message][] => list.map((each) => [each.name, each]);
  const good = messages.filter(({ isGood }) => isGood);
  const bad = messages.filter(({ isGood }) => !isGood);

  it("are all there", () => {
    expect([good.length, bad.length]).toEqual([109, 115]);
  });

  it.each(titled(bad))("%s is refused", async (_title, message) => {
    expect(await refusals(message, true)).not.toEqual([]);
  });

  it.each(titled(bad.filter(({ name }) => codeOf(PATH_DEFECTS, name) !== undefined)))(
    "%s is refused for what is wrong with it",
    async (name, message) => {
      expect(await refusals(message, false)).toContain(codeOf(PATH_DEFECTS, name));
    },
  );

  it.each(titled(good))("%s is good, or needs what is not supported", async (name, message) => {
    const codes = await refusals(message, true);
    if (codes.length > 0) expect(codes).toContain(codeOf(STRICTER, name));
  });

  it("most are neither refused nor in need of anything", async () => {
    const verdicts = await Promise.all(good.map((message) => refusals(message, true)));
    expect(verdicts.filter((codes) => codes.length === 0).length).toBeGreaterThanOrEqual(55);
  });
});
