import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
import { afterAll } from "vitest";
import { setNodeDependencies } from "xml-core";
import type { Emulator } from "../../src/emulator/index.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { pathOf } from "../support/verifiers.js";

setNodeDependencies({ DOMImplementation, DOMParser, XMLSerializer });

const PROGRAM = fileURLToPath(new URL("../support/java/VerifyXml.java", import.meta.url));
const XADES = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";

/** How a signature is to be verified. */
export interface XmlCheck {
  /** What URIs outside of the document stand for. */
  readonly contents?: Readonly<Record<string, string>>;
  /** The elements whose attribute `Id` is an identifier, for xmlsec1. */
  readonly idElements?: readonly string[];
}

interface JdkProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly resolve: (verdict: string) => void;
  readonly reject: (error: Error) => void;
}

/** Verifies XML signatures by programs that are given no certificate but the emulator's root. */
export class XmlVerifiers {
  readonly #folder = temporaryFolder();
  readonly #emulator: () => Emulator;
  #process: JdkProcess | undefined;

  constructor(emulator: () => Emulator) {
    this.#emulator = emulator;
    afterAll(() => this.#process?.child.stdin.end());
  }

  /** What the JDK says of each document: `good REFERENCES ALGORITHM` or `bad REASON`. */
  async jdk(documents: readonly string[], { contents = {} }: XmlCheck = {}): Promise<string[]> {
    const root = this.#save(this.#emulator().rootCertificate);
    const outside = Object.entries(contents).flatMap(([uri, content]) => [uri, this.#save(content)]);
    const verdicts: string[] = [];
    for (const xml of documents)
      verdicts.push(await this.#ask([root, this.#save(xml), ...outside].join("\t")));
    return verdicts;
  }

  /** One process for all questions, as it takes seconds to start; they are answered in their order. */
  #ask(question: string): Promise<string> {
    this.#process ??= this.#start();
    const { child, waiting } = this.#process;
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${question}\n`);
    });
  }

  #start(): JdkProcess {
    const child = spawn(pathOf("JDK"), ["-Xmx256m", PROGRAM]);
    const waiting: Waiting[] = [];
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
    child.stdin.on("error", () => undefined);
    child.on("error", (error) =>
      waiting.splice(0).forEach(({ reject }) => {
        reject(error);
      }),
    );
    child.on("close", (status) =>
      waiting.splice(0).forEach(({ reject }) => {
        reject(new Error(`the JDK ended with ${status}: ${errors}`));
      }),
    );
    return { child, waiting };
  }

  /** What xmlsec1 says of a document, `OK` of a good one. It does not know RSA-PSS before 1.3. */
  async xmlsec1(xml: string, { contents = {}, idElements = [] }: XmlCheck = {}): Promise<string> {
    const outside = Object.entries(contents).flatMap(([uri, content]) => [
      `--url-map:${uri}`,
      this.#save(content),
    ]);
    const { status, stderr, stdout } = await run(pathOf("xmlsec1"), [
      ...["--verify", "--trusted-pem", this.#save(this.#emulator().rootCertificate)],
      ...["--enabled-key-data", "x509", ...outside],
      ...[XADES, ...idElements].flatMap((element) => ["--id-attr:Id", element]),
      this.#save(xml),
    ]);
    const [first = ""] = stderr.split("\n").filter((line) => line === "OK" || line === "FAIL");
    if (status === 0 && first === "OK") return "OK";
    return `bad ${status} ${stdout}${stderr}`;
  }

  #save(content: string): string {
    const path = join(this.#folder, randomUUID());
    writeFileSync(path, content);
    return path;
  }
}

/** Copies with something else in what is signed, in the digests, and in the signature. */
export function tampered(xml: string, word: string): string[] {
  return [
    replaced(xml, word, `${word}x`),
    replaced(
      xml,
      /<(ds:)?DigestValue>(.)/,
      (found) => found.slice(0, -1) + (found.endsWith("A") ? "B" : "A"),
    ),
    replaced(
      xml,
      /<(ds:)?SignatureValue>\s*.{20}(.)/,
      (found) => found.slice(0, -1) + (found.endsWith("A") ? "B" : "A"),
    ),
  ];
}

function replaced(xml: string, what: string | RegExp, by: string | ((found: string) => string)): string {
  const result = typeof by === "string" ? xml.replace(what, by) : xml.replace(what, by);
  if (result === xml) throw new Error(`${String(what)} is not in ${xml}`);
  return result;
}
