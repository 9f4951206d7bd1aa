import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import type { Bytes } from "../../base/bytes.js";
import { timestampUrlsIn } from "../../cms/timestamp/environment.js";
import { certificatePathsIn } from "../../policy/issuers.js";
import type { PolicyReference } from "../../policy/reference.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import { SignPath } from "../../signpath.js";
import type { SignExecutableOptions } from "./options.js";
import { attachSignatureToFile, extractSignature, signExecutableFile } from "./sign-executable.js";

/** How the files of a build are signed; without options as the environment says. */
export interface FileSignerOptions extends Partial<Omit<SignExecutableOptions, "policy" | "nested">> {
  /** Whose key signs: a policy, or `"project/policy"`. Default: `SIGNPATH_PROJECT_SLUG` and `SIGNPATH_SIGNING_POLICY_SLUG`. */
  readonly policy?: SigningPolicy | PolicyReference | undefined;
  /** Through which policies are fetched. Default: one of its own, with the settings of `SIGNPATH_*`. */
  readonly client?: SignPath | undefined;
}

/** What a file is called, where the options say nothing. */
export interface FileDescription {
  readonly description?: string | undefined;
  readonly url?: string | undefined;
}

/**
 * Signs the files of a build in place, each once: calls for one path go one after the other, a file that this made is left as
 * it is, and equal files get the same signature, which is made once.
 */
export class FileSigner {
  readonly #options: FileSignerOptions;
  /** What is under way, by path. */
  readonly #turns = new Map<string, Promise<void>>();
  /** Signatures, by what they are over and what they say. */
  readonly #signatures = new Map<string, Promise<Bytes>>();
  /** Digests of the files that this has made. */
  readonly #made = new Set<string>();
  #settings: Promise<SignExecutableOptions> | undefined;
  #own: SignPath | undefined;

  constructor(options: FileSignerOptions) {
    this.#options = options;
  }

  /** @throws {SignPathError} those of `signExecutableFile` and of `SignPath.policy` */
  async sign(path: string, description: FileDescription = {}): Promise<void> {
    const file = await realpath(path);
    const before = this.#turns.get(file) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#signNow(file, description));
    this.#turns.set(file, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(file) === turn) this.#turns.delete(file);
    }
  }

  /** Closes the client, if it is one of its own. Later files are signed with a new one. */
  async close(): Promise<void> {
    const client = this.#own;
    this.#own = undefined;
    this.#settings = undefined;
    await client?.close();
  }

  async #signNow(file: string, description: FileDescription): Promise<void> {
    const digest = await digestOf(file);
    if (this.#made.has(digest)) return;
    const options = { ...description, ...defined(await this.#resolved()) };
    const key = JSON.stringify([digest, options.description, options.url]);
    const known = await this.#signatures.get(key)?.catch(() => undefined);
    if (known !== undefined) await attachSignatureToFile(file, known, { signal: options.signal });
    else await this.#remember(key, file, options);
    this.#made.add(await digestOf(file));
  }

  async #remember(key: string, file: string, options: SignExecutableOptions): Promise<void> {
    const signing = signExecutableFile(file, options).then(async () => {
      const signature = await extractSignature(file);
      if (signature === undefined) throw new TypeError(`${file} has lost its signature`);
      return signature;
    });
    this.#signatures.set(key, signing);
    try {
      await signing;
    } catch (error) {
      if (this.#signatures.get(key) === signing) this.#signatures.delete(key);
      throw error;
    }
  }

  /** Asked once; again after a failure. */
  #resolved(): Promise<SignExecutableOptions> {
    if (this.#settings === undefined) {
      const settings = this.#resolve();
      this.#settings = settings;
      settings.catch(() => {
        if (this.#settings === settings) this.#settings = undefined;
      });
    }
    return this.#settings;
  }

  async #resolve(): Promise<SignExecutableOptions> {
    const { policy, client, ...given } = this.#options;
    const urls = timestampUrlsIn(process.env);
    const timestamp = given.timestamp ?? (urls.length > 0 ? urls : undefined);
    const certificates = [...(given.certificates ?? (await certificatesInEnvironment()))];
    const found = policy instanceof SigningPolicy ? policy : await this.#client(client).policy(policy, given);
    return { ...given, policy: found, timestamp, certificates };
  }

  #client(given: SignPath | undefined): SignPath {
    if (given !== undefined) return given;
    this.#own ??= new SignPath();
    return this.#own;
  }
}

async function certificatesInEnvironment(): Promise<Buffer[]> {
  return Promise.all(certificatePathsIn(process.env).map((path) => readFile(path)));
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Without what is left open. */
function defined(options: SignExecutableOptions): SignExecutableOptions {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as unknown as SignExecutableOptions;
}
