import type { Plans, ReadOnly } from "../support/plan.js";

/** What a reader has today. */
const BEFORE: ReadOnly = { readOnly: "It is the other product's, which is not installed here." };
const DATA = `const data = Buffer.from("data");`;

export const MIGRATION: Plans = {
  "PKCS#11 with OpenSSL": {
    sh: [
      BEFORE,
      { after: "test -s setup.msi.sig && test -s setup.msi.p7s" },
      { needs: ["openssl"], after: "cmp setup.msi verified.msi" },
    ],
  },
  "PKCS#11 with osslsigncode": {
    sh: [BEFORE, { needs: ["osslsigncode"], after: "test -s app.signed.exe" }],
    js: [
      [
        {
          after: `if (!(await readFile("app.signed.exe")).includes("https://app.example")) throw new Error("not signed");`,
        },
      ],
    ],
  },
  "PKCS#11 with jarsigner": { sh: [BEFORE, { after: "grep -aq META-INF/SIGNPATH.SF app.jar" }] },
  "KSP with signtool": { powershell: [BEFORE] },
  jsign: {
    sh: [BEFORE, { needs: ["osslsigncode"], after: "osslsigncode verify -CAfile root.pem -in app.exe" }],
  },
  "@relaycorp/webcrypto-kms": {
    js: [BEFORE, [{ before: DATA, after: `if (!good) throw new Error("it does not verify");` }]],
  },
  "node-webcrypto-p11": {
    js: [
      BEFORE,
      [{ before: DATA, after: `if (signature.byteLength !== 64) throw new Error("no signature");` }],
    ],
  },
  "The SDKs of AWS, Azure and Google": {
    js: [
      BEFORE,
      [{ before: DATA, after: `if (signature.byteLength !== 256) throw new Error("no signature");` }],
    ],
  },
};
