import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Agent, request } from "undici";
import { onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";

export const OIDS = {
  md5: "1.2.840.113549.2.5",
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

export type Digest = keyof typeof OIDS;

export const MESSAGE: Buffer = Buffer.from("The quick brown fox jumps over the lazy dog");

export function hashOf(digest: Digest, message: Uint8Array = MESSAGE): string {
  return createHash(digest).update(message).digest("base64");
}

/** A payload that every RSA policy signs. */
export function rsaPayload(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    SignatureAlgorithm: "RsaPkcs1",
    RsaHashAlgorithm: OIDS.sha256,
    Base64EncodedHash: hashOf("sha256"),
    ...changes,
  };
}

export function ecdsaPayload(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { SignatureAlgorithm: "Ecdsa", Base64EncodedHash: hashOf("sha256"), ...changes };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body as JSON; fails where it is none. */
  readonly json: () => Record<string, unknown>;
}

export interface Sending {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly token?: string | false;
}

/** A connection of its own, closed with the test. */
export function agent(connections = 1): Agent {
  const made = new Agent({ keepAliveTimeout: 1000, connections });
  onTestFinished(() => made.destroy());
  return made;
}

/** Sends one request; `path` is below the origin. */
export async function send(emulator: Emulator, sending: Sending, dispatcher?: Agent): Promise<Answer> {
  const { method = "GET", path, headers = {}, body = null, token = emulator.apiToken } = sending;
  const response = await request(`${emulator.origin}${path}`, {
    method,
    headers: { ...(token !== false && { Authorization: `Bearer ${token}` }), ...headers },
    body,
    ...(dispatcher && { dispatcher }),
  });
  const text = await response.body.text();
  return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** The path of an API route in the documented case. */
export function api(emulator: Emulator, route: string): string {
  return `/Api/v1/${emulator.organizationId}/${route}`;
}

export interface RawPart {
  readonly headers: readonly string[];
  readonly content: string | Buffer;
}

/** A multipart body exactly as given. */
export function multipart(boundary: string, parts: readonly RawPart[], end = "--\r\n"): Buffer {
  const pieces = parts.flatMap(({ headers, content }) => [
    Buffer.from(`--${boundary}\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}${end}`)]);
}

export function field(name: string, content: string): RawPart {
  return { headers: [`Content-Disposition: form-data; name="${name}"`], content };
}

export function file(content: string, name = "Artifact"): RawPart {
  return {
    headers: [
      `Content-Disposition: form-data; name="${name}"; filename="payload.json"`,
      "Content-Type: application/json",
    ],
    content,
  };
}

export interface Form {
  readonly project?: string;
  readonly policy?: string;
  readonly fast?: string;
  readonly payload?: unknown;
  readonly more?: readonly RawPart[];
  readonly route?: string;
}

/** Submits a form as the documentation has it. */
export function submit(emulator: Emulator, form: Form = {}, dispatcher?: Agent): Promise<Answer> {
  const {
    project = "demo",
    policy = "rsa-2048",
    fast = "true",
    payload = rsaPayload(),
    more = [],
    route = "SigningRequests",
  } = form;
  const content = typeof payload === "string" ? payload : JSON.stringify(payload);
  const parts = [
    field("ProjectSlug", project),
    field("SigningPolicySlug", policy),
    field("IsFastSigningRequest", fast),
    file(content),
    ...more,
  ];
  return submitParts(emulator, parts, route, dispatcher);
}

export function submitParts(
  emulator: Emulator,
  parts: readonly RawPart[],
  route = "SigningRequests",
  dispatcher?: Agent,
): Promise<Answer> {
  const boundary = randomUUID();
  return send(
    emulator,
    {
      method: "POST",
      path: api(emulator, route),
      headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` },
      body: multipart(boundary, parts),
    },
    dispatcher,
  );
}

/** Posts JSON to `SignHash`. */
export function signHash(
  emulator: Emulator,
  data: unknown,
  changes: Record<string, unknown> = {},
  contentType = "application/json",
): Promise<Answer> {
  return send(emulator, {
    method: "POST",
    path: api(emulator, "SigningRequests/SignHash"),
    headers: { "Content-Type": contentType },
    body: JSON.stringify({
      projectSlug: "demo",
      signingPolicySlug: "rsa-2048",
      hashSigningData: data,
      ...changes,
    }),
  });
}

/** The signature of a fast answer. */
export function signatureOf(answer: Answer): Buffer {
  const { Signature } = answer.json();
  if (typeof Signature !== "string") throw new Error(`no signature in: ${answer.text}`);
  return Buffer.from(Signature, "base64");
}

/** The one message of a validation error, as `field: message`. */
export function validationError(answer: Answer): string {
  const body = answer.json() as { errors: Record<string, string[]> };
  return Object.entries(body.errors)
    .map(([name, messages]) => `${name}: ${messages.join(" ")}`)
    .join("; ");
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signpath-emulator-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Whether a program is there. Where it is not, tests that need it are skipped, and fail with `CI=true`. */
export function lacks(program: string): boolean {
  if (process.env["CI"] === "true") return false;
  return !(process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** Runs a program and gives what it said, on both streams, with its exit code. */
export function run(program: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  return { code: status, output: stdout + stderr };
}

/** Processor time in milliseconds: what a loaded machine does not lengthen. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
