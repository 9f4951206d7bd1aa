import type { Plans, Shell } from "../support/plan.js";

const JOSE = `const { githubAppJwt, joseSigner, keyParameters, resign, throwAwayKey } = await import("signpath-webcrypto/jose");
  const { createHash, randomBytes } = await import("node:crypto");`;
const verifyJwt = (token: string, alg: string): string =>
  `const { importX509, jwtVerify } = await import("jose");
   await jwtVerify(${token}, await importX509(policy.certificatePem, "${alg}"));`;
const PDF = `const { PDFDocument } = await import("pdf-lib");
  const made = await PDFDocument.create();
  made.addPage();
  await writeFile("document.pdf", await made.save({ useObjectStreams: false }));`;
const JAR = `const zip = await import("@zip.js/zip.js");
  const archive = new zip.ZipWriter(new zip.Uint8ArrayWriter());
  await archive.add("a.txt", new zip.TextReader("content"));
  (await import("node:fs")).writeFileSync("app.jar", await archive.close());`;
const INTERMEDIATES = `const intermediatesPem = (await import("node:fs")).readFileSync("issuers.pem", "utf8");`;
const CREDENTIAL = `const { contexts } = await import("@digitalbazaar/credentials-context");
  const integrity = await import("@digitalbazaar/data-integrity-context");
  const known = new Map([...contexts, ...integrity.default.contexts]);
  const documentLoader = async (url) => ({ documentUrl: url, document: known.get(url) });
  const credential = { "@context": ["https://www.w3.org/ns/credentials/v2"], type: ["VerifiableCredential"],
    issuer: "did:web:example.com", credentialSubject: { id: "did:example:subject" } };`;

/** What is installed here already. */
const INSTALLS: Shell = {};
const XMLSEC: Shell = {
  needs: ["xmlsec1"],
  before: `signpath certificate demo/p-256 > signer.pem
    node --input-type=module -e '
      import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
      import { setNodeDependencies } from "xml-core";
      import * as toolkit from "xadesjs";
      import { SignPath } from "signpath-webcrypto";
      import { signXades } from "signpath-webcrypto/xml";
      import { writeFileSync, readFileSync } from "node:fs";
      setNodeDependencies({ DOMImplementation, DOMParser, XMLSerializer });
      const client = new SignPath();
      const policy = await client.policy("demo/p-256");
      writeFileSync("signed.xml", await signXades("<order>Bread</order>", { policy, toolkit, certificates: [readFileSync("issuers.pem")] }));
      await client.close();'`,
};
const PDFSIG: Shell = { needs: ["pdfsig"] };

export const TOOLKITS: Plans = {
  "/jose": {
    js: [
      [{ after: `if (token.split(".").length !== 3) throw new Error(token);` }],
      [
        {
          line: 0,
          slug: "p-256",
          before: `${JOSE} const { createJWT } = await import("did-jwt"); const claims = {}; const did = "did:web:a.example";`,
          after: verifyJwt("made", "ES256"),
        },
        {
          line: 1,
          slug: "rsa-2048",
          before: `${JOSE} const { SDJwtInstance } = await import("@sd-jwt/core");
          const hasher = (data, name) => createHash(name.replace("-", "")).update(data).digest();
          const saltGenerator = (length) => randomBytes(length).toString("hex");`,
          after: verifyJwt(`(await made.issue({ vct: "a" }, {})).split("~")[0]`, "PS256"),
        },
        {
          line: 2,
          slug: "rsa-2048",
          before: `${JOSE} const { createAppAuth } = await import("@octokit/auth-app"); const appId = 1;`,
          after: verifyJwt(`(await made({ type: "app" })).token`, "RS256"),
        },
      ],
      [
        {
          slug: "rsa-2048",
          before: `${JOSE} const { default: jsonwebtoken } = await import("jsonwebtoken"); const claims = { iss: "us" };`,
          after: verifyJwt("token", "RS256"),
        },
      ],
    ],
    sh: [INSTALLS],
  },
  "/global": {
    js: [
      [
        {
          slug: "rsa-2048",
          before: `const claims = { iss: "us" }; const parts = [];`,
          after: `if (typeof uninstall !== "function") throw new Error("there is no undo");`,
        },
      ],
      { readOnly: "It needs an OpenID provider; test/toolkit/global has one." },
      [
        {
          slug: "p-256",
          before: `const payload = Buffer.from("payload");`,
          after: `if (message.length < 64) throw new Error("no message");`,
        },
      ],
    ],
  },
  "/x509": {
    js: [
      [
        {
          slug: "p-256",
          before: `const nextUpdate = new Date("2030-01-01"); const serialNumber = "01";
          const { createCertificateRequest: ask } = await import("signpath-webcrypto/x509");
          const csrPem = (await ask({ policy, subject: "CN=Holder" })).toString("pem");`,
          after: `if (!(await certificate.verify({ publicKey: root.publicKey }))) throw new Error("not by the root");
          if (!list.findRevoked(serialNumber)) throw new Error("not revoked");
          if (request.subject !== policy.certificate.subject) throw new Error(request.subject);`,
        },
      ],
    ],
  },
  "/xml": {
    js: [
      [
        {
          after: `if (!signed.includes("SignatureValue") || !qualified.includes("supplier")) throw new Error(qualified);`,
        },
      ],
      [
        {
          slug: "p-256",
          before: `const { SignedXml } = await import("xml-crypto"); const xml = "<order>Bread</order>";
          const { signWithXmlCrypto } = await import("signpath-webcrypto/xml");`,
          after: `if (!String(signed).includes("SignatureValue")) throw new Error(String(signed));`,
        },
      ],
    ],
    sh: [INSTALLS, XMLSEC],
  },
  "/pdf": {
    js: [
      [
        {
          before: PDF,
          after: `if (!(await readFile("signed.pdf")).includes("ETSI.CAdES.detached")) throw new Error("not signed");`,
        },
      ],
    ],
    sh: [INSTALLS, PDFSIG],
  },
  "/authenticode": {
    js: [
      [
        {
          before: INTERMEDIATES,
          after: `if (!(await import("node:fs")).readFileSync("app.exe").includes("https://app.example")) throw new Error("not signed");`,
        },
      ],
    ],
  },
  "/jar": {
    js: [[{ before: JAR, after: `if (entries !== 1 || kept.length > 0) throw new Error("not signed");` }]],
    sh: [INSTALLS],
  },
  "http-message-signatures (RFC 9421)": {
    js: [
      [
        {
          slug: "rsa-2048",
          before: `const method = "POST"; const url = "https://a.example/b"; const headers = { "content-digest": "sha-256=:AA==:" };`,
          after: `if (!/release/.test(signed.headers["Signature-Input"])) throw new Error(JSON.stringify(signed));`,
        },
      ],
    ],
  },
  "@sigstore/sign": {
    js: [
      [
        {
          slug: "p-256",
          before: `const statement = Buffer.from("{}");`,
          after: `if (json.dsseEnvelope.signatures.length !== 1) throw new Error(JSON.stringify(json));`,
        },
      ],
    ],
  },
  "@tufjs/models": { js: [[{ slug: "p-256", after: `metadata.verifyDelegate("root", metadata);` }]] },
  "@digitalbazaar/data-integrity": {
    js: [
      [
        {
          slug: "p-256",
          before: CREDENTIAL,
          after: `if (!signed.proof.proofValue) throw new Error("no proof");`,
        },
      ],
    ],
  },
  "cose-js": {
    js: [
      [
        {
          slug: "p-256",
          before: `const payload = Buffer.from("payload");`,
          after: `const { x, y } = await crypto.subtle.exportKey("jwk", await policy.publicKey("ECDSA"));
          const key = { x: Buffer.from(x, "base64url"), y: Buffer.from(y, "base64url") };
          await cose.sign.verify(message, { key });`,
        },
      ],
    ],
  },
  "@contentauth/c2pa-node": {
    js: [
      { readOnly: "Its installation downloads a native module; test/toolkit has it where that is there." },
    ],
  },
  "/sync": { js: [[{ after: `if (der[0] !== 0x30) throw new Error("no DER");` }]] },
  "/electron-builder": {
    yaml: [
      {
        readOnly:
          "electron-builder needs Windows for it; test/toolkit/electron-builder.test.ts calls the hook.",
      },
    ],
    js: [[{ before: INTERMEDIATES, after: "" }]],
  },
  "signpath-git": {
    sh: [
      {
        needs: ["git", "openssl"],
        before: `git init -q . && git add setup.msi && git config user.name A && git config user.email a@example.com
          export GIT_CONFIG_NOSYSTEM=1`,
        after: `test "$(git log -1 --format=%G?)" = G && git cat-file -p v1.0 | grep 'SIGNED MESSAGE'`,
      },
    ],
  },
  "signpath-notation and sigstore-kms-signpath": {
    sh: [
      {
        without: { "notation is not on npm and not in Debian": /^notation / },
        after: `"$plugins/notation-signpath" get-plugin-metadata < /dev/null | grep '"name":"signpath"'`,
      },
      { readOnly: "cosign is not on npm and not in Debian; test/cli/plugins drives the plugin." },
    ],
  },
};
