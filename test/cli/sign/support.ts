import { createHash } from "node:crypto";
import { join } from "node:path";
import { PDFDocument } from "pdf-lib";
import type { Emulator } from "../../../src/emulator/index.js";
import type { RunResult } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { makeImage } from "../../toolkit/authenticode/images.js";
import { zipOf } from "../../toolkit/jar-support.js";
import { fill, signpath } from "../support.js";

/** The content of a folder with a file of each format, and what signing needs beside it. */
export async function documents(emulator: Emulator): Promise<Record<string, string | Uint8Array>> {
  return {
    "tool.exe": makeImage(),
    "report.pdf": await pdf(false),
    "modern.pdf": await pdf(true),
    "app.jar": await zipOf([["a.txt", "hello"]]),
    "order.xml": "<?xml version='1.0'?>\n<order><item>Bread &amp; butter</item></order>\n",
    data: "hello",
    "issuers.pem": emulator.intermediateCertificate,
    "root.pem": emulator.rootCertificate,
  };
}

/** Of one page; with a cross-reference stream as programs write it today, or with a table. */
async function pdf(isModern: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.addPage([400, 300]).drawText("A page that is to be signed", { x: 50, y: 200, size: 14 });
  return document.save({ useObjectStreams: isModern });
}

/** Runs `signpath sign` with a key of the emulator. */
export function signIn(
  emulator: Emulator,
  cwd: string,
  args: readonly string[],
  more: { readonly input?: string; readonly env?: NodeJS.ProcessEnv; readonly policy?: string } = {},
): Promise<RunResult> {
  const { policy = "p-256", ...options } = more;
  return signpath(["sign", ...args, "--policy", `demo/${policy}`], { emulator, cwd, ...options });
}

/** A new folder with files, `/` in their names leading to folders in it. */
export function treeOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    fill(join(root, ...parts), { [name]: content });
  }
  return root;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
