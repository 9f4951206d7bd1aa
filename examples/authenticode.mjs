// Signs an executable with Authenticode: node authenticode.mjs FILE.exe OUTPUT.exe [PROJECT/POLICY [ISSUERS.pem...]]
// arguments: node_modules/@electron/windows-sign/vendor/signtool.exe authenticode.exe
import { readFile } from "node:fs/promises";
import { SignPath } from "signpath-webcrypto";
import { extractSignature, signExecutableFile } from "signpath-webcrypto/authenticode";

const {
  SIGNPATH_PROJECT_SLUG = "demo",
  SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048",
  SIGNPATH_TIMESTAMP_URLS,
} = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [file, output, reference = fallback, ...issuers] = process.argv.slice(2);
if (output === undefined) {
  console.error("usage: node authenticode.mjs FILE.exe OUTPUT.exe [PROJECT/POLICY [ISSUERS.pem...]]");
  process.exit(1);
}

const signpath = new SignPath();
await signExecutableFile(file, {
  policy: await signpath.policy(reference),
  // Windows wants the authorities between the certificate and the root as well.
  certificates: await Promise.all(issuers.map((path) => readFile(path))),
  // Without a timestamp the signature is good for as long as the certificate is.
  timestamp: SIGNPATH_TIMESTAMP_URLS?.split(" "),
  description: "Example",
  url: "https://app.example/",
  output, // without it, the signed file takes the place of the other one
});
await signpath.close();

const signature = await extractSignature(output);
console.log(`${output}: ${signature?.length} bytes of signature. To verify it:`);
console.log(`osslsigncode verify -CAfile ROOT.pem -TSA-CAfile ROOT-OF-TIMESTAMPS.pem -in ${output}`);
