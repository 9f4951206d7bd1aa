// Signs a file as CMS (PKCS#7), into FILE.p7s: node sign-file-cms.mjs FILE [PROJECT/POLICY [ISSUERS.pem...]]
// arguments: package.json
import { readFile, writeFile } from "node:fs/promises";
import { SignPath } from "signpath-webcrypto";
import { signCms } from "signpath-webcrypto/cms";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [file, reference = fallback, ...issuers] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node sign-file-cms.mjs FILE [PROJECT/POLICY [ISSUERS.pem...]]");
  process.exit(1);
}

const signpath = new SignPath();
const p7s = await signCms(file, {
  policy: await signpath.policy(reference),
  // The API knows the policy's own certificate only. Verifiers want the authorities between it and the root as well.
  certificates: await Promise.all(issuers.map((path) => readFile(path))),
});
await signpath.close();

await writeFile(`${file}.p7s`, p7s);
console.log(`${file}.p7s: ${p7s.length} bytes. To verify it:`);
console.log(
  `openssl cms -verify -binary -inform DER -in ${file}.p7s -content ${file} -CAfile ROOT.pem -out /dev/null`,
);
