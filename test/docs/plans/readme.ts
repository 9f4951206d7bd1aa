import type { Plans } from "../support/plan.js";
import { CLOSE, FILES, POLICY } from "./prelude.js";

const CLIENT = `const { SignPath } = await import("signpath-webcrypto");`;

export const README: Plans = {
  "Try it": { sh: [{ readOnly: "`.ci/run` runs npm ci and npm test, test/cli/demo.test.ts the demo." }] },
  "Ten lines": {
    sh: [{ without: { "an emulator runs already": /emulator/ } }],
    js: [[{ after: `if (signature.byteLength !== 256) throw new Error("no signature");` }]],
  },
  "A CMS (PKCS#7) signature": {
    js: [
      [
        {
          before: `${POLICY} ${FILES}`,
          after: `if (signers.length !== 1) throw new Error("no signer"); ${CLOSE}`,
        },
      ],
    ],
  },
  pkijs: {
    js: [
      [
        {
          before: `${POLICY} const content = new ArrayBuffer(3);
            const key = policy.privateKey({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
            const k = await import("pkijs");
            const signedData = new k.SignedData({ encapContentInfo: new k.EncapsulatedContentInfo({ eContentType: "1.2.840.113549.1.7.1" }) });
            const own = (await import("signpath-webcrypto/pkijs")).policyCertificate(policy, k);
            signedData.signerInfos.push(new k.SignerInfo({ version: 1,
              sid: new k.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }) }));`,
          after: `if (signedData.signerInfos[0].signature.valueBlock.valueHexView.byteLength !== 256) throw new Error("not signed");
            if (certificate.subject.typesAndValues.length === 0) throw new Error("no certificate"); ${CLOSE}`,
        },
      ],
    ],
  },
  "From a terminal": {
    sh: [
      {
        env: {
          SIGNPATH_PROJECT_SLUG: "demo",
          SIGNPATH_SIGNING_POLICY_SLUG: "rsa-2048",
          SIGNPATH_CERTIFICATES: "issuers.pem",
        },
        after: "test -s setup.msi.p7s && test -s dist/a.js.sig && openssl req -verify -noout -in release.csr",
        needs: ["openssl"],
      },
      { after: "test -s dist.journal && test -s dist/a.js.p7s" },
    ],
  },
  "JWS and JWT": {
    js: [
      [
        {
          slug: "rsa-2048",
          after: `if (published.keys[0].alg !== "PS256" || token.split(".").length !== 3) throw new Error(token);`,
        },
      ],
    ],
  },
  "The emulator": {
    js: [[{ before: CLIENT, after: "" }]],
    sh: [
      {
        // Both run until Ctrl-C: that they begin is what can be seen.
        before: `npx() { command timeout --preserve-status -s INT 5 "$@" --json --until-stdin-closes < /dev/null | grep -q '"apiUrl"'; }`,
      },
      {
        needs: ["curl"],
        after: `curl -fsS -X DELETE -H "Authorization: Bearer $SIGNPATH_API_TOKEN" "\${SIGNPATH_API_URL%/Api}/admin/faults"`,
      },
    ],
  },
};
