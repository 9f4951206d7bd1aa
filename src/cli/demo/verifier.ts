import { execFile } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { createVerify } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where the files are that a verifier needs. */
export interface Trust {
  /** PEM: the root and the intermediate. */
  readonly authorityFile: string;
  readonly rootCertificate: string;
  readonly folder: string;
}

/** Somebody who checks what was signed. Each method gives why a signature is not good, or `undefined` if it is. */
export interface Verifier {
  readonly name: string;
  cms(content: string, signature: string): Promise<string | undefined>;
  raw(content: string, signature: string, publicKey: KeyObject): Promise<string | undefined>;
}

/** `openssl` where it is installed: nobody here wrote it. Else Node and pkijs. */
export async function findVerifier(trust: Trust): Promise<Verifier> {
  const version = await run("openssl", ["version"]).catch(() => undefined);
  const name = version === undefined ? undefined : /^\S+ \S+/.exec(version.stdout)?.[0];
  return name === undefined ? nodeVerifier(trust) : opensslVerifier(name, trust);
}

/** The arguments of `openssl` that check a detached CMS signature against a CA. */
export function cmsArguments(content: string, signature: string, authorityFile: string): string[] {
  const files = ["-in", signature, "-content", content, "-CAfile", authorityFile];
  return ["cms", "-verify", "-binary", "-inform", "DER", ...files, "-out", devNull];
}

function opensslVerifier(name: string, { authorityFile, folder }: Trust): Verifier {
  const attempt = (args: readonly string[]): Promise<string | undefined> =>
    run("openssl", args).then(
      () => undefined,
      (error: { stderr?: string; message: string }) => error.stderr?.trim() || error.message,
    );
  return {
    name,
    cms: (content, signature) => attempt(cmsArguments(content, signature, authorityFile)),
    raw: async (content, signature, publicKey) => {
      const keyFile = join(folder, `${publicKey.asymmetricKeyType}-key.pem`);
      await writeFile(keyFile, publicKey.export({ format: "pem", type: "spki" }));
      return attempt(["dgst", "-sha256", "-verify", keyFile, "-signature", signature, content]);
    },
  };
}

function nodeVerifier({ rootCertificate }: Trust): Verifier {
  return {
    name: `Node ${process.versions.node}`,
    cms: async (content, signature) => {
      const { verifyWithPkijs } = await import("./verify-with-pkijs.js");
      return verifyWithPkijs(await readFile(content), await readFile(signature), rootCertificate);
    },
    raw: async (content, signature, publicKey) => {
      const verify = createVerify("sha256");
      await pipeline(createReadStream(content), verify);
      return verify.verify(publicKey, await readFile(signature)) ? undefined : "crypto.verify says no";
    },
  };
}
