import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PDFDocument, PDFName, PDFString } from "pdf-lib";
import { beforeAll, describe, expect, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { useEmulator } from "../../support/emulator.js";
import { python } from "../../support/python.js";
import { run } from "../../support/run.js";
import { startStub } from "../../support/stub.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl, pathOf, testWith } from "../../support/verifiers.js";
import { Osslsigncode } from "../../toolkit/authenticode/osslsigncode.js";
import { Jarsigner } from "../../toolkit/jar-support.js";
import { pdfsig } from "../../toolkit/pdf-support.js";
import { eventsOf, fill, MAIN, namesIn, submissions } from "../support.js";
import { documents, signIn, treeOf } from "./support.js";

const emulator = useEmulator();
const osslsigncode = new Osslsigncode(emulator);
const jarsigner = new Jarsigner(emulator);
const CHAIN = ["--certificates", "issuers.pem"];
/** jarsigner -strict wants a certificate that it knows. */
const ROOTED = [...CHAIN, "--certificates", "root.pem", "--include-root"];
let files: Record<string, string | Uint8Array> = {};

beforeAll(async () => {
  files = await documents(emulator());
});

const VERIFIERS = ["osslsigncode", "pdfsig", "jarsigner", "JDK"] as const;

describeWith(VERIFIERS, "what goes into files, by their names, is good for programs of others", () => {
  test.each([
    ["rsa-2048", false],
    ["p-384", true],
  ])("with %s, and a timestamp: %j", async (policy, isStamped) => {
    const cwd = treeOf(files);
    const stamp = isStamped ? ["--timestamp", emulator().timestampUrl] : [];
    const names = ["tool.exe", "report.pdf", "modern.pdf", "app.jar"];
    const before = submissions(emulator());
    const args = [...names, ...ROOTED, ...stamp, "--out", "signed/", "--json"];
    const result = await signIn(emulator(), cwd, args, { policy });
    expect([result.status, result.stderr]).toEqual([0, ""]);
    expect(submissions(emulator()) - before).toBe(4);
    const formats = eventsOf(result).map(({ file, format, hash }) => [file, format, hash]);
    const ofCurve = policy === "p-384" ? "SHA-384" : "SHA-256";
    expect(formats).toEqual(
      expect.arrayContaining([
        ["tool.exe", "authenticode", "SHA-256"],
        ["report.pdf", "pdf", ofCurve],
        ["modern.pdf", "pdf", ofCurve],
        ["app.jar", "jar", ofCurve],
      ]),
    );
    for (const name of names)
      expect(readFileSync(join(cwd, name)).equals(Buffer.from(files[name] ?? ""))).toBe(true);
    const signed = (name: string): Buffer => readFileSync(join(cwd, "signed", name));
    const executable = await osslsigncode.verify(signed("tool.exe"));
    expect([executable.signatures, executable.timestamps]).toEqual([1, isStamped ? 1 : 0]);
    for (const name of ["report.pdf", "modern.pdf"]) {
      expect(await pdfsig(signed(name))).toMatchObject([
        { type: "ETSI.CAdES.detached", validation: "Signature is Valid.", isTotal: true },
      ]);
      expect(signed(name).includes(Buffer.from("060b2a864886f70d010910020e", "hex").toString("hex"))).toBe(
        isStamped,
      );
    }
    const verdict = await jarsigner.verify(signed("app.jar"));
    expect(verdict.isGood, verdict.output).toBe(true);
    expect(/Timestamped by/i.test(verdict.output)).toBe(isStamped);
  });

  test("in place, with the mode kept, through a link, and named twice", async () => {
    const cwd = treeOf(files);
    chmodSync(join(cwd, "tool.exe"), 0o750);
    symlinkSync("tool.exe", join(cwd, "link.exe"));
    const before = submissions(emulator());
    const args = ["link.exe", "tool.exe", "./tool.exe", "report.pdf", "app.jar", ...ROOTED, "--in-place"];
    const { status, stderr } = await signIn(emulator(), cwd, args);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/\n3 signed/)]);
    expect(submissions(emulator()) - before).toBe(3);
    expect(statSync(join(cwd, "tool.exe")).mode & 0o777).toBe(0o750);
    expect((await osslsigncode.verify(readFileSync(join(cwd, "tool.exe")))).signatures).toBe(1);
    expect(await pdfsig(readFileSync(join(cwd, "report.pdf")))).toMatchObject([{ isTotal: true }]);
    expect((await jarsigner.verify(readFileSync(join(cwd, "app.jar")))).isGood).toBe(true);
    expect(namesIn(cwd)).toEqual([...Object.keys(files), "link.exe"].sort());
  });

  test("with what each format has options for", async () => {
    const cwd = treeOf(files);
    const place = [...ROOTED, "--in-place"];
    const description = ["--description", "Tool 1", "--url", "https://example.com/tool", "--page-hashes"];
    expect((await signIn(emulator(), cwd, ["tool.exe", ...place, ...description])).status).toBe(0);
    expect(
      (await signIn(emulator(), cwd, ["tool.exe", ...place, "--nested"], { policy: "rsa-3072" })).status,
    ).toBe(0);
    const { text, signatures } = await osslsigncode.verify(readFileSync(join(cwd, "tool.exe")));
    expect(signatures).toBe(2);
    expect(text).toMatch(/https:\/\/example\.com\/tool[\s\S]*: Tool 1/);
    expect(text).toMatch(/Page hash algorithm/i);
    const reason = ["--reason", "Release (1) \\ Größe", "--location", "Wien (1)"];
    for (const name of ["report.pdf", "modern.pdf"])
      expect((await signIn(emulator(), cwd, [name, ...place, ...reason])).status).toBe(0);
    const pdf = readFileSync(join(cwd, "modern.pdf"));
    expect(pdf.includes("(Wien \\(1\\))")).toBe(true);
    expect(await pdfsig(pdf)).toMatchObject([{ validation: "Signature is Valid.", isTotal: true }]);
    expect((await signIn(emulator(), cwd, ["app.jar", ...place, "--signature-name", "OURS"])).status).toBe(0);
    const verdict = await jarsigner.verify(readFileSync(join(cwd, "app.jar")));
    expect([verdict.isGood, readFileSync(join(cwd, "app.jar")).includes("META-INF/OURS.EC")]).toEqual([
      true,
      true,
    ]);
  });

  test("another signature of a PDF file leaves those before it valid", async () => {
    const cwd = treeOf(files);
    const args = ["modern.pdf", ...CHAIN, "--in-place"];
    let before = Buffer.alloc(0);
    for (const [count, policy] of ["p-256", "rsa-2048", "p-521"].entries()) {
      expect((await signIn(emulator(), cwd, args, { policy })).stderr).toMatch(/^signed /);
      const now = readFileSync(join(cwd, "modern.pdf"));
      const valid = { validation: "Signature is Valid." };
      const isTotal = Array.from({ length: count + 1 }, (_, index) => ({
        ...valid,
        isTotal: index === count,
      }));
      expect(await pdfsig(now)).toMatchObject(isTotal);
      expect(now.subarray(0, before.length).equals(before)).toBe(true);
      before = now;
    }
  });

  test("a PDF file that another signature would harm is left as it is, and says why", async () => {
    const document = await PDFDocument.create();
    document.addPage();
    // What is appended has a form of its own, without this.
    const form = { Type: "AcroForm", Fields: [], DA: PDFString.of("/Helv 0 Tf") };
    document.catalog.set(PDFName.of("AcroForm"), document.context.register(document.context.obj(form)));
    const cwd = treeOf({ ...files, "form.pdf": await document.save() });
    const args = ["form.pdf", ...CHAIN, "--in-place"];
    expect((await signIn(emulator(), cwd, args)).status).toBe(0);
    const [once, before] = [readFileSync(join(cwd, "form.pdf")), submissions(emulator())];
    expect(await pdfsig(once)).toMatchObject([{ validation: "Signature is Valid.", isTotal: true }]);
    const again = await signIn(emulator(), cwd, args);
    expect([again.status, submissions(emulator())]).toEqual([3, before]);
    expect(again.stderr).toContain(
      "another one cannot be added to a file of this form: pages, fields or notes",
    );
    expect(readFileSync(join(cwd, "form.pdf")).equals(once)).toBe(true);
  });
});

describeWith("xmlsec1", "an XML signature", () => {
  test.each(["rsa-2048", "p-521"])("of %s is good for xmlsec1", async (policy) => {
    const latin = Buffer.from("<?xml version='1.0' encoding='iso-8859-1'?><a>\u00e4</a>", "latin1");
    const utf16 = Buffer.from("\ufeff<?xml version='1.0' encoding='utf-16'?><a>\u00e4</a>", "utf16le");
    const cwd = treeOf({ ...files, "latin.xml": latin, "utf16.xml": utf16 });
    const names = ["order.xml", "latin.xml", "utf16.xml"];
    const args = [...names, "--format", "xml", ...CHAIN, "--in-place"];
    const result = await signIn(emulator(), cwd, args, { policy });
    expect([result.status, result.stderr]).toEqual([0, expect.stringMatching(/\n3 signed/)]);
    for (const name of names) {
      const verify = ["--verify", "--trusted-pem", "root.pem", "--enabled-key-data", "x509", name];
      const { status, stderr } = await run(pathOf("xmlsec1"), verify, { cwd });
      expect([status, stderr]).toEqual([0, expect.stringContaining("OK")]);
    }
    expect(readFileSync(join(cwd, "utf16.xml"), "utf8")).toContain("<a>\u00e4<ds:Signature");
  });
});

describe("a JWS", () => {
  testWith(
    "python-jwt",
    "is good for PyJWT, detached and attached, with the chain in its header",
    async () => {
      const content = Buffer.alloc(3_000_000, "content ");
      for (const [policy, alg] of [
        ["rsa-2048", "RS256"],
        ["p-384", "ES384"],
      ] as const) {
        const cwd = treeOf({ ...files, data: content });
        const args = ["data", "--format", "jws", ...CHAIN];
        expect((await signIn(emulator(), cwd, args, { policy })).status).toBe(0);
        const detached = readFileSync(join(cwd, "data.jws"), "utf8");
        expect(detached).toMatch(/^[\w-]+\.\.[\w-]+$/);
        const attached = await signIn(emulator(), cwd, [...args, "--attached", "--out", "-"], { policy });
        const key = await emulator().publicKeyOf(policy);
        for (const [token, payload] of [
          [detached, content.toString("base64")],
          [attached.stdout, undefined],
        ]) {
          const given = {
            keyPem: key,
            algorithms: [alg],
            ...(payload !== undefined && { detachedPayload: payload }),
          };
          const spoilt = token?.replace(/.{9}$/, "AAAAAAAAA");
          expect(
            await python("python-jwt", "verify_jwt.py", [
              { ...given, token },
              { ...given, token: spoilt },
            ]),
          ).toMatchObject([
            {
              ok: true,
              payload: content.toString("base64"),
              header: { alg, x5c: [expect.any(String), expect.any(String)] },
            },
            { ok: false },
          ]);
        }
      }
    },
  );

  test("of an EC key with the hash of another curve is refused before anything is sent", async () => {
    const cwd = treeOf(files);
    const before = submissions(emulator());
    const result = await signIn(emulator(), cwd, ["data", "--format", "jws", "--hash", "sha512"]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("ES256");
    expect(submissions(emulator())).toBe(before);
  });
});

describeWith("openssl", "files of all kinds as CMS", () => {
  test("get it with --format cms, beside them", async () => {
    const cwd = treeOf(files);
    const result = await signIn(emulator(), cwd, ["tool.exe", "report.pdf", "--format", "cms", ...CHAIN]);
    expect(result.status).toBe(0);
    for (const name of ["tool.exe", "report.pdf"]) {
      const verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", `${name}.p7s`, "-content", name];
      const { status } = await openssl([...verify, "-CAfile", "root.pem"], { cwd });
      expect(status).toBe(0);
    }
  });
});

describe("a timestamp that is not to be had", () => {
  test.each(["tool.exe", "report.pdf", "app.jar"])("leaves %s as it was", async (name) => {
    const cwd = treeOf(files);
    const refusing = await startStub(() => ({ status: 403 }));
    const args = [name, ...CHAIN, "--in-place", "--timestamp", refusing.origin];
    const { status, stderr } = await signIn(emulator(), cwd, args);
    expect([status, stderr]).toEqual([5, expect.stringContaining("TIMESTAMP_FAILED")]);
    expect(readFileSync(join(cwd, name)).equals(Buffer.from(files[name] ?? ""))).toBe(true);
    expect(namesIn(cwd)).toEqual(Object.keys(files).sort());
    const kept = await signIn(emulator(), cwd, [...args, "--keep-unstamped"]);
    expect([kept.status, kept.stderr]).toEqual([5, expect.stringContaining("without a timestamp")]);
    expect(readFileSync(join(cwd, name)).equals(Buffer.from(files[name] ?? ""))).toBe(false);
  });
});

test("a toolkit is found beside signpath and where NODE_PATH says, not in the folder that it is run in", async () => {
  const hostile = 'require("node:fs").writeFileSync("ran", process.env.SIGNPATH_API_TOKEN)';
  const cwd = treeOf({
    "order.xml": "<a/>",
    "node_modules/xmldsigjs/index.js": hostile,
    "node_modules/@xmldom/xmldom/index.js": hostile,
  });
  const program = installed();
  const place = (folder: string, version: string): void => {
    fill(join(folder, "xmldsigjs"), { "package.json": JSON.stringify({ name: "xmldsigjs", version }) });
  };
  place(join(cwd, "node_modules"), "0.0.1");
  const elsewhere = temporaryFolder();
  place(elsewhere, "0.0.2");
  const doctor = async (more: NodeJS.ProcessEnv): Promise<string | undefined> => {
    const command = [program, "doctor", "--timeout", "1"];
    const { stdout } = await run(process.execPath, command, { cwd, env: { ...env, ...more } });
    return /^\S+ +toolkits +(.*?)(?: \[|$)/m.exec(stdout)?.[1];
  };
  const args = ["sign", "order.xml", "--format", "xml", "--out", "signed.xml", "--policy", "demo/p-256"];
  const env = { PATH: process.env["PATH"], ...emulator().environment };
  const without = await run(process.execPath, [program, ...args], { cwd, env });
  expect([without.status, without.stderr]).toEqual([
    1,
    expect.stringContaining("npm install xmldsigjs @xmldom/xmldom, where signpath itself is"),
  ]);
  expect(namesIn(cwd)).toEqual(["node_modules", "order.xml"]);
  // The doctor tells what signing would find.
  expect(await doctor({})).toContain("none is installed with signpath");
  expect(await doctor({ NODE_PATH: elsewhere })).toBe("xmldsigjs 0.0.2");
  const found = await run(process.execPath, [program, ...args], { cwd, env: { ...env, NODE_PATH: MODULES } });
  expect([found.status, found.stderr]).toEqual([0, expect.stringContaining("signed order.xml")]);
  expect(namesIn(cwd)).toEqual(["node_modules", "order.xml", "signed.xml"]);
});

const MODULES = join(import.meta.dirname, "../../../node_modules");

/** The program as somebody has it who installed nothing but this package. */
function installed(): string {
  const root = temporaryFolder();
  const { name, peerDependencies } = manifest;
  cpSync(dirname(MAIN), join(root, "dist", "bin"), { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ name, type: "module", peerDependencies }));
  for (const each of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(root, "node_modules", each)), { recursive: true });
    symlinkSync(join(MODULES, each), join(root, "node_modules", each), "dir");
  }
  return join(root, "dist", "bin", basename(MAIN));
}
