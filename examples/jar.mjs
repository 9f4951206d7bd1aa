// Signs a JAR file, in its place: node jar.mjs [FILE.jar [PROJECT/POLICY [ISSUERS.pem...]]]
// Without a file it makes hello.jar with @zip.js/zip.js, which has to be installed in any case.
import { readFile, writeFile } from "node:fs/promises";
import { TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { SignPath } from "signpath-webcrypto";
import { signJar } from "signpath-webcrypto/jar";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [file = await makeJar("hello.jar"), reference = fallback, ...issuers] = process.argv.slice(2);

const signpath = new SignPath();
const { entries, kept } = await signJar(file, {
  policy: await signpath.policy(reference),
  // The API knows the policy's own certificate only. With the root among them, jarsigner -strict knows whom to trust.
  certificates: await Promise.all(issuers.map((path) => readFile(path))),
  includeRoot: true,
  // timestamp: "http://tsa.example",
});
await signpath.close();

console.log(`${file}: entries signed: ${entries}, other signatures kept: ${kept.length}. To verify it:`);
console.log(`jarsigner -verify -strict -verbose -certs -keystore WITH-ROOT.p12 ${file}`);

async function makeJar(path) {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await writer.add("META-INF/MANIFEST.MF", new TextReader("Manifest-Version: 1.0\r\n\r\n"));
  await writer.add("hello.txt", new TextReader("Hello, world!\n"));
  await writeFile(path, await writer.close());
  return path;
}
