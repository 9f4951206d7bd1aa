// Changes the name of a program with resedit and signs it: node resedit.mjs FILE.exe OUTPUT.exe [PROJECT/POLICY]
// arguments: node_modules/@electron/windows-sign/vendor/signtool.exe resedit.exe
import { readFile, writeFile } from "node:fs/promises";
import { generateExecutableWithSign, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { SignPath } from "signpath-webcrypto";
import { createSignerObject, finalizeExecutable } from "signpath-webcrypto/authenticode";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [file, output, reference = fallback] = process.argv.slice(2);
if (output === undefined) {
  console.error("usage: node resedit.mjs FILE.exe OUTPUT.exe [PROJECT/POLICY]");
  process.exit(1);
}

const executable = NtExecutable.from(await readFile(file), { ignoreCert: true });
const resources = NtExecutableResource.from(executable);
const [version = Resource.VersionInfo.createEmpty()] = Resource.VersionInfo.fromEntries(resources.entries);
version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: "Example" });
version.outputToResourceEntries(resources.entries);
resources.outputResource(executable);

const signpath = new SignPath();
const signer = createSignerObject({ policy: await signpath.policy(reference) });
const signed = await generateExecutableWithSign(executable, signer, 8); // 8: the alignment that Windows wants
await signpath.close();

await writeFile(output, await finalizeExecutable(signed));
console.log(`${output}: ${signed.byteLength} bytes`);
