import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { openssl, testWith } from "../../support/verifiers.js";
import { certificate, key, NOW, pem } from "./support/write-certificate.js";

const MIB = 1024 * 1024;
const FILE_MIB = 384;
/** What verifying the file may take beyond what verifying a few bytes takes; a sixth of the file. */
const MOST_MIB = 64;

/** Verifies, and prints how large the process has been. */
const SCRIPT = `
  import { readFileSync } from "node:fs";
  import { verifyCms } from "signpath-webcrypto/cms";
  const [cms, root, at, content] = process.argv.slice(1);
  let bytes = 0;
  const onContent = (chunk) => { bytes += chunk.length; };
  await verifyCms(cms, { roots: [readFileSync(root)], at: new Date(at), content, onContent });
  console.log(JSON.stringify([bytes, process.resourceUsage().maxRSS / 1024]));
`;

testWith(
  "openssl",
  "attached and detached signatures of large files are verified in little memory",
  async () => {
    const folder = temporaryFolder();
    const path = (name: string): string => join(folder, name);
    for (const [name, mib] of [
      ["large", FILE_MIB],
      ["small", 0],
    ] as const) {
      const file = await open(path(name), "w");
      await file.truncate(mib * MIB);
      await file.close();
    }
    const root = certificate({ subject: "CN=Root", issuer: "CN=Root" });
    await writeFile(path("root.pem"), pem(root, "CERTIFICATE"));
    const leaf = certificate({ subject: "CN=Signer", issuer: "CN=Root", ca: undefined });
    await writeFile(path("leaf.pem"), pem(leaf, "CERTIFICATE"));
    await writeFile(path("key.pem"), key("CN=Signer").privateKey.export({ type: "pkcs8", format: "pem" }));
    const verify = async (
      name: string,
      ...form: readonly string[]
    ): Promise<[bytes: number, mib: number]> => {
      const identity = ["-signer", path("leaf.pem"), "-inkey", path("key.pem"), "-outform", "DER"];
      const signing = [
        "cms",
        "-sign",
        "-binary",
        "-in",
        path(name),
        "-out",
        path("cms"),
        ...identity,
        ...form,
      ];
      expect((await openssl(signing)).status).toBe(0);
      const content = form.length > 0 ? [] : [path(name)];
      const args = [path("cms"), path("root.pem"), NOW.toISOString(), ...content];
      const result = await run(process.execPath, ["--input-type=module", "--eval", SCRIPT, ...args]);
      expect(result.stderr).toBe("");
      return JSON.parse(result.stdout) as [number, number];
    };
    const [, least] = await verify("small");
    for (const form of [["-nodetach", "-stream"], []]) {
      const [bytes, mib] = await verify("large", ...form);
      expect(bytes).toBe(form.length > 0 ? FILE_MIB * MIB : 0);
      expect(mib - least).toBeLessThan(MOST_MIB);
    }
  },
);
