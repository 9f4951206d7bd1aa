// The sign hook of electron-builder: in its configuration win: { signtoolOptions: { sign: "./electron-builder.mjs" } }.
// Run by itself it does with a file what electron-builder does: node electron-builder.mjs FILE.exe
// arguments: node_modules/@electron/windows-sign/vendor/signtool.exe
import { copyFile } from "node:fs/promises";
import { extractSignature } from "signpath-webcrypto/authenticode";
import { createSign } from "signpath-webcrypto/electron-builder";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;

const sign = createSign({ policy: `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}` });
// biome-ignore lint/style/noDefaultExport: electron-builder looks for it
export default sign;

const [file] = process.argv.slice(2);
if (file?.endsWith(".exe")) {
  const path = "electron-builder.exe";
  await copyFile(file, path);
  const task = { path, name: "Example", site: "https://app.example/" };
  await sign({ ...task, hash: "sha1", isNest: false });
  await sign({ ...task, hash: "sha256", isNest: true }); // finds the file signed
  await sign.close();
  console.log(`${path}: ${(await extractSignature(path))?.length} bytes of signature`);
}
