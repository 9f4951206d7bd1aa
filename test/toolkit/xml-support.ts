import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
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

/** Verifies XML signatures by programs that are given no certificate but the emulator's root. */
export class XmlVerifiers {
  readonly #folder = temporaryFolder();
  readonly #emulator: () => Emulator;

  constructor(emulator: () => Emulator) {
    this.#emulator = emulator;
  }

  /** What the JDK says of each document: `good REFERENCES ALGORITHM` or `bad REASON`. One process for all of them. */
  async jdk(documents: readonly string[], { contents = {} }: XmlCheck = {}): Promise<string[]> {
    const root = this.#save(this.#emulator().rootCertificate);
    const outside = Object.entries(contents).flatMap(([uri, content]) => [uri, this.#save(content)]);
    const lines = documents.map((xml) => `${[root, this.#save(xml), ...outside].join("\t")}\n`);
    const { status, stdout, stderr } = await run(pathOf("JDK"), ["-Xmx256m", PROGRAM], {
      input: lines.join(""),
    });
    const verdicts = stdout.trimEnd().split("\n");
    if (status !== 0 || verdicts.length !== documents.length)
      throw new Error(`the JDK ended with ${status}: ${stderr}`);
    return verdicts;
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
