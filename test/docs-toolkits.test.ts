import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "@babel/parser";
import { beforeAll, describe, expect, it } from "vitest";
import { useEmulatorProcess } from "./support/emulator-process.js";
import { run } from "./support/run.js";
import { temporaryFolder } from "./support/temporary.js";

const ROOT = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

interface Snippet {
  readonly section: string;
  readonly source: string;
}

/** The blocks of JavaScript of a page, each with the heading above it. */
function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  let section = "";
  return [...text.matchAll(/^#+ ([^\n]+)$|^```js\n(.*?)^```$/gms)].flatMap(([, heading, source]) => {
    section = heading ?? section;
    return source === undefined ? [] : [{ section, source }];
  });
}

const snippets = snippetsOf("docs/toolkits.md");

/** What a snippet takes for granted, and what must be so after it. */
interface Program {
  /** Of `policy`, where the snippet does not fetch one itself. */
  readonly slug?: string;
  readonly before?: string;
  /** Throws if the snippet has not done what it says. */
  readonly after: string;
  /** Of the snippet's lines the only one, where each is an example of its own. */
  readonly line?: number;
}

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

/** By heading, and where one has several, in their order; `undefined`: it cannot run here, and is read only. */
const programs: Readonly<Record<string, readonly (readonly Program[] | undefined)[]>> = {
  "/jose": [
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
  "/global": [
    [
      {
        slug: "rsa-2048",
        before: `const claims = { iss: "us" }; const parts = [];`,
        after: `if (typeof uninstall !== "function") throw new Error("there is no undo");`,
      },
    ],
    undefined,
    [
      {
        slug: "p-256",
        before: `const payload = Buffer.from("payload");`,
        after: `if (message.length < 64) throw new Error("no message");`,
      },
    ],
  ],
  "/x509": [
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
  "/xml": [
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
  "/pdf": [
    [
      {
        before: PDF,
        after: `if (!(await readFile("signed.pdf")).includes("ETSI.CAdES.detached")) throw new Error("not signed");`,
      },
    ],
  ],
  "/authenticode": [
    [
      {
        before: INTERMEDIATES,
        after: `if (!(await import("node:fs")).readFileSync("app.exe").includes("https://app.example")) throw new Error("not signed");`,
      },
    ],
  ],
  "/jar": [[{ before: JAR, after: `if (entries !== 1 || kept.length > 0) throw new Error("not signed");` }]],
  "http-message-signatures (RFC 9421)": [
    [
      {
        slug: "rsa-2048",
        before: `const method = "POST"; const url = "https://a.example/b"; const headers = { "content-digest": "sha-256=:AA==:" };`,
        after: `if (!/release/.test(signed.headers["Signature-Input"])) throw new Error(JSON.stringify(signed));`,
      },
    ],
  ],
  "@sigstore/sign": [
    [
      {
        slug: "p-256",
        before: `const statement = Buffer.from("{}");`,
        after: `if (json.dsseEnvelope.signatures.length !== 1) throw new Error(JSON.stringify(json));`,
      },
    ],
  ],
  "@tufjs/models": [[{ slug: "p-256", after: `metadata.verifyDelegate("root", metadata);` }]],
  "@digitalbazaar/data-integrity": [
    [
      {
        slug: "p-256",
        before: CREDENTIAL,
        after: `if (!signed.proof.proofValue) throw new Error("no proof");`,
      },
    ],
  ],
  "cose-js": [
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
  // Its installation downloads a native module.
  "@contentauth/c2pa-node": [undefined],
  "/sync": [[{ after: `if (der[0] !== 0x30) throw new Error("no DER");` }]],
  "/electron-builder": [[{ before: INTERMEDIATES, after: "" }]],
};

/** Each snippet with its place among those of its section. */
const placed = snippets.map((snippet, position) => {
  const index = snippets.slice(0, position).filter(({ section }) => section === snippet.section).length;
  return { ...snippet, index, title: `${snippet.section}, ${index + 1}` };
});

describe("the recipe", () => {
  const emulator = useEmulatorProcess();
  const folder = temporaryFolder();

  beforeAll(() => {
    const { intermediateCertificate, rootCertificate } = emulator();
    writeFileSync(join(folder, "issuers.pem"), intermediateCertificate + rootCertificate);
    cpSync(join(ROOT, "node_modules/@electron/windows-sign/vendor/signtool.exe"), join(folder, "app.exe"));
  });

  /** Runs a snippet as a program in the folder, with what is installed here. */
  async function perform(source: string, { slug, before = "", after, line }: Program): Promise<void> {
    const { apiUrl, organizationId, apiToken, timestampUrl } = emulator();
    const taken = line === undefined ? source : `const made = ${source.split("\n")[line]}`;
    const client = `const { SignPath: Client } = await import("signpath-webcrypto"); const client_ = new Client();`;
    const program = [
      `process.chdir(${JSON.stringify(folder)});`,
      slug === undefined ? "" : `${client} const policy = await client_.policy("demo/${slug}");`,
      ...[before, taken.replaceAll("http://tsa.example", timestampUrl), after],
      slug === undefined ? "" : "await client_.close();",
    ];
    const env = {
      PATH: process.env["PATH"],
      SIGNPATH_API_URL: apiUrl,
      SIGNPATH_ORGANIZATION_ID: organizationId,
      SIGNPATH_API_TOKEN: apiToken,
    };
    const args = ["--input-type=module", "--eval", program.join("\n")];
    const { status, stderr } = await run(process.execPath, args, { cwd: ROOT, env });
    expect([status, stderr.replace(/^.*(Warning|--trace-).*\n/gm, "")]).toEqual([0, ""]);
  }

  it.each(placed)("$title is known here", ({ section, index }) => {
    expect(programs[section]?.length ?? 0).toBeGreaterThan(index);
  });

  it.each([
    ...placed,
    ...snippetsOf("README.md").map((each) => ({ ...each, title: `README, ${each.section}` })),
  ])("$title can be parsed, and imports what there is", async ({ source }) => {
    const { body } = parse(source, { sourceType: "module", allowAwaitOutsideFunction: true }).program;
    for (const node of body) {
      if (node.type !== "ImportDeclaration" || node.source.value === "@contentauth/c2pa-node") continue;
      const names = node.specifiers.flatMap((each) =>
        each.type === "ImportSpecifier" && each.imported.type === "Identifier" ? [each.imported.name] : [],
      );
      const namespace = node.specifiers.find(({ type }) => type === "ImportNamespaceSpecifier")?.local.name;
      const used = [...source.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, "g"))].map(([, name]) => name);
      const check = `const module = await import(process.argv[1]);
        const lacking = process.argv.slice(2).filter((name) => !(name in module));
        if (lacking.length > 0) throw new Error(lacking.join());`;
      const wanted = [node.source.value, ...names, ...used].filter((name) => name !== undefined);
      const args = ["--import", "reflect-metadata", "--input-type=module", "--eval", check, ...wanted];
      expect(await run(process.execPath, args, { cwd: ROOT })).toMatchObject({ status: 0, stderr: "" });
    }
  });

  const runnable = placed.flatMap(({ title, section, index, source }) =>
    (programs[section]?.[index] ?? []).map((program, number) => ({
      title: program.line === undefined ? title : `${title}, line ${number + 1}`,
      source,
      program,
    })),
  );

  it.each(runnable)("$title runs", ({ source, program }) => perform(source, program));
});

describe("every subpath and program of the package", () => {
  const page = readFileSync(join(ROOT, "docs/toolkits.md"), "utf8");
  const beside = ["", "/cms", "/emulator", "/package.json"];
  const subpaths = Object.keys(manifest.exports)
    .map((name) => name.slice(1))
    .filter((name) => !beside.includes(name));
  const programsOf = Object.keys(manifest.bin).filter((name) => !["signpath", manifest.name].includes(name));
  const sources = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(mjs|ts)$/.test(name))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8"));
  const examples = sources("examples");
  const tests = sources("test");

  it.each([...subpaths, ...programsOf])("has a section in docs/toolkits.md: %s", (name) => {
    const sections = page
      .split(/^### /m)
      .filter((text) => text.split("\n")[0]?.split(" and ").includes(name));
    expect(sections).toHaveLength(1);
    expect(sections[0]?.split("\n").slice(1).join("").length).toBeGreaterThan(100);
  });

  it.each(subpaths)("has an example: %s", (name) => {
    expect(examples.filter((text) => text.includes(`"${manifest.name}${name}"`))).not.toEqual([]);
  });

  it.each([...subpaths, ...programsOf])("has tests that make a row of the table: %s", (name) => {
    expect(tests.filter((text) => text.includes(`subpath: "${name}"`))).not.toEqual([]);
  });
});
