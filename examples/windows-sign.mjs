// Signs a folder with @electron/windows-sign, and is the hook for it: node windows-sign.mjs FILE.exe [PROJECT/POLICY]
// arguments: node_modules/@electron/windows-sign/vendor/signtool.exe
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sign } from "@electron/windows-sign";
import { createSignHook, extractSignature } from "signpath-webcrypto/authenticode";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [file, policy = fallback] = process.argv.slice(2);

// All that a module for `hookModulePath` (or WINDOWS_SIGN_HOOK_MODULE_PATH) must have; it is required, so that it must not
// wait for anything (no `await` at the top).
const hook = createSignHook({ policy });
// biome-ignore lint/style/noDefaultExport: @electron/windows-sign looks for it
export default hook;

async function signFolder() {
  const appDirectory = await mkdtemp(join(tmpdir(), "windows-sign-"));
  const program = join(appDirectory, "app.exe");
  await copyFile(file, program);
  await sign({ appDirectory, hookFunction: hook });
  await hook.close();
  console.log(`${program}: ${(await extractSignature(program))?.length} bytes of signature`);
  await rm(appDirectory, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) signFolder();
