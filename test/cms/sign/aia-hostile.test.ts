import { X509Certificate } from "node:crypto";
import "reflect-metadata";
import dns from "node:dns";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { gzipSync } from "node:zlib";
import * as x509 from "@peculiar/x509";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { certificateBundle, signCms } from "../../../src/cms/index.js";
import type { SignPathError } from "../../../src/index.js";
import { SignPath } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { CONTENT, sentTo } from "../support.js";
import { emulatorsAuthority, IssuerServer, stateNaming } from "./aia-server.js";
import { readSignedData } from "./read-signed-data.js";

const server = await new IssuerServer().listen();
const { answers, asked, origin } = server;

afterAll(() => server.close());

/** Time limit of an address, and what a call may take beside it on a busy machine. */
const TIMEOUT_MS = 400;
const SLACK_MS = 1500;

describe("a hostile server of issuers", async () => {
  const emulator = useEmulator({ state: await stateNaming([`${origin}/issuer.cer`]) });
  const clients: SignPath[] = [];
  const clientOf = (): SignPath => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const client = new SignPath({ apiUrl, apiToken, organizationId });
    clients.push(client);
    return client;
  };
  const sign = async (more: Partial<SignCmsOptions> = {}, client = clientOf()): Promise<Uint8Array> =>
    signCms(CONTENT, {
      policy: await client.policy("demo/p-256"),
      aia: { origins: [origin], timeoutMs: TIMEOUT_MS },
      ...more,
    });

  beforeEach(() => {
    asked.length = 0;
    answers.clear();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  const flow = (response: ServerResponse, piece: Buffer | string, everyMs: number): void => {
    const timer = setInterval(() => response.write(piece), everyMs);
    response.once("close", () => clearInterval(timer));
  };

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ["never ends", (_request, response) => flow(response, Buffer.alloc(65_536, 0x30), 1)],
    ["sends a byte now and then", (_request, response) => flow(response, "0", 50)],
    ["says nothing", () => undefined],
    [
      "says that it will continue, again and again",
      ({ socket }) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 10);
        socket.once("close", () => clearInterval(timer));
      },
    ],
    [
      "never ends its headers",
      ({ socket }) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write(`x-more: ${"x".repeat(1000)}\r\n`), 1);
        socket.once("close", () => clearInterval(timer));
      },
    ],
    [
      "ends too early",
      (_request, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("0");
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ["closes the connection", ({ socket }) => socket.destroy()],
    ["asks for patience", (_request, response) => response.writeHead(429, { "retry-after": "86400" }).end()],
    ["is never ready", (_request, response) => response.writeHead(503).end()],
    [
      "redirects to loopback",
      (_request, response) => response.writeHead(302, { location: `${origin}/other.cer` }).end(),
    ],
    [
      "redirects to a private address",
      (_request, response) => response.writeHead(301, { location: "http://10.0.0.1/" }).end(),
    ],
    [
      "redirects to a file",
      (_request, response) => response.writeHead(307, { location: "file:///etc/passwd" }).end(),
    ],
    [
      "compresses",
      (_request, response) =>
        response
          .writeHead(200, { "content-encoding": "gzip" })
          .end(gzipSync(Buffer.from(new X509Certificate(emulator().intermediateCertificate).raw))),
    ],
    ["has nothing", (_request, response) => response.writeHead(204).end()],
  ])("costs no more than the time limit where it %s", async (_title, answer) => {
    answers.set("/issuer.cer", answer);
    const client = clientOf();
    for (let call = 0; call < 2; call++) {
      const began = performance.now();
      const before = sentTo(emulator());
      const failure = await codedFailureOf(sign({ incompleteChain: "error" }, client));
      expect(failure).toMatchObject({ code: "CHAIN_INCOMPLETE" });
      expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + SLACK_MS);
      expect(sentTo(emulator())).toBe(before);
    }
    expect(asked.every(({ path }) => path === "/issuer.cer")).toBe(true);
  });

  it("does not hold up many signatures, one after the other", async () => {
    answers.set("/issuer.cer", () => undefined);
    const client = clientOf();
    const timeoutMs = 2000;
    const began = performance.now();
    const aia = { origins: [origin], timeoutMs };
    const all = await Promise.all(Array.from({ length: 40 }, () => sign({ aia }, client)));
    // Eight are asked at a time: that would be five times the limit.
    expect(performance.now() - began).toBeLessThan(4 * timeoutMs);
    expect(all.every((each) => readSignedData(each).certificates.length === 1)).toBe(true);
  });

  it.each(["asked", "waited for"])("is given up where the signal is aborted while it is %s", async (when) => {
    const client = clientOf();
    if (when === "waited for") {
      answers.set("/issuer.cer", (_request, response) =>
        response.writeHead(429, { "retry-after": "86400" }).end(),
      );
      await sign({}, client);
    }
    answers.set("/issuer.cer", () => undefined);
    const before = sentTo(emulator());
    const began = performance.now();
    const more = { aia: { origins: [origin], timeoutMs: 60_000 }, signal: AbortSignal.timeout(200) };
    expect(await codedFailureOf(sign(more, client))).toMatchObject({ code: "ABORTED" });
    expect(performance.now() - began).toBeLessThan(SLACK_MS);
    expect(sentTo(emulator())).toBe(before);
  });
});

describe("issuers that a hostile authority gives", async () => {
  const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const { subtle } = globalThis.crypto;
  const newKeys = (): Promise<CryptoKeyPair> => subtle.generateKey(ES256, true, ["sign", "verify"]);
  const { subject, keys } = await emulatorsAuthority();
  const emulator = useEmulator({ state: await stateNaming([`${origin}/issuer.cer`]) });

  beforeEach(() => answers.clear());

  const sign = async (): Promise<{ failure: string; included: number }> => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const client = new SignPath({ apiUrl, apiToken, organizationId });
    const warnings: SignPathError[] = [];
    const onWarning = (error: SignPathError): number => warnings.push(error);
    try {
      const policy = await client.policy("demo/p-256");
      const aia = { origins: [origin] };
      const signed = await signCms(CONTENT, { policy, aia, incompleteChain: "warn", onWarning });
      const included = readSignedData(signed).certificates.length;
      return { failure: warnings[0]?.message ?? "", included };
    } finally {
      await client.close();
    }
  };
  const certificate = async (
    name: string,
    issuer: string,
    { publicKey }: CryptoKeyPair,
    { privateKey }: CryptoKeyPair,
    addresses: readonly string[] = [],
  ): Promise<Uint8Array> => {
    const names = addresses.map((path) => new x509.GeneralName("url", origin + path));
    const { rawData } = await x509.X509CertificateGenerator.create({
      subject: name,
      issuer,
      publicKey,
      signingKey: privateKey,
      signingAlgorithm: ES256,
      extensions: names.length === 0 ? [] : [new x509.AuthorityInfoAccessExtension({ caIssuers: names })],
    });
    return new Uint8Array(rawData);
  };
  const other = await newKeys();
  const keysOf = (at: number): CryptoKeyPair => (at % 2 === 0 ? keys : other);
  const nameOf = (at: number): string => (at === 0 ? subject : `CN=issuer ${at}`);
  const chainOf = (length: number): Promise<Uint8Array[]> =>
    Promise.all(
      Array.from({ length }, (_none, at) =>
        certificate(nameOf(at), nameOf(at + 1), keysOf(at), keysOf(at + 1)),
      ),
    );

  it.each([
    [15, 16, /which is missing:/],
    [16, 1, /more than 16 certificates/],
    [65, 1, /more than 64 certificates/],
  ])("are %d in a chain: %d certificates go in", async (length, expected, message) => {
    answers.set("/issuer.cer", certificateBundle(await chainOf(length)));
    const { failure, included } = await sign();
    expect(failure).toMatch(message);
    expect(included).toBe(expected);
  });

  it("are asked for no more often than is allowed where each names another", async () => {
    asked.length = 0;
    for (let at = 0; at < 20; at++) {
      const path = at === 0 ? "/issuer.cer" : `/${at}`;
      const names = [`/${at + 1}`];
      answers.set(path, await certificate(nameOf(at), nameOf(at + 1), keysOf(at), keysOf(at + 1), names));
    }
    expect((await sign()).included).toBe(9);
    expect(asked).toHaveLength(8);
  });

  it("end where they have issued each other", async () => {
    asked.length = 0;
    answers.set("/issuer.cer", await certificate(subject, "CN=issuer 1", keys, other, ["/1"]));
    answers.set("/1", await certificate("CN=issuer 1", subject, other, keys, ["/issuer.cer"]));
    const { included, failure } = await sign();
    expect(failure).toMatch(/not the issuer/);
    expect(included).toBe(3);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  it("are left out where they have the issuer's name and another key", async () => {
    const others = await Promise.all([newKeys(), newKeys()]);
    const posing = await Promise.all(others.map((theirs) => certificate(subject, subject, theirs, theirs)));
    answers.set("/issuer.cer", certificateBundle(posing));
    expect(await sign()).toMatchObject({ included: 1, failure: expect.stringMatching(/not the issuer/) });
    answers.set(
      "/issuer.cer",
      certificateBundle([...posing, await certificate(subject, subject, keys, keys)]),
    );
    expect(await sign()).toEqual({ included: 1, failure: "" });
  });
});

describe("the name of a server of issuers", async () => {
  const names = [`http://ca.example:${server.port}/issuer.cer`];
  const emulator = useEmulator({ state: await stateNaming(names) });

  beforeEach(() => {
    asked.length = 0;
    answers.set("/issuer.cer", emulator().intermediateCertificate);
  });
  afterEach(() => vi.restoreAllMocks());

  const sign = async (more: Partial<SignCmsOptions>): Promise<Uint8Array> => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const client = new SignPath({ apiUrl, apiToken, organizationId });
    try {
      return await signCms(CONTENT, { policy: await client.policy("demo/p-256"), ...more });
    } finally {
      await client.close();
    }
  };
  /** What the name server says, each time; nothing at all where that is undefined. */
  const nameServer = (answer: () => string | undefined) =>
    vi.spyOn(dns, "lookup").mockImplementation(((
      _name: string,
      _options: dns.LookupAllOptions,
      callback: (...args: unknown[]) => void,
    ) => {
      const address = answer();
      if (address !== undefined) callback(null, [{ address, family: 4 }]);
    }) as unknown as typeof dns.lookup);
  const incompleteChain = "error";

  it("that leads to this machine is asked only where its origin is listed", async () => {
    const lookup = nameServer(() => "127.0.0.1");
    const failure = await codedFailureOf(sign({ aia: true, incompleteChain }));
    expect(failure.message).toMatch(/no public address/);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(asked).toEqual([]);
    const origins = [`http://ca.example:${server.port}`];
    expect(readSignedData(await sign({ aia: { origins } })).certificates).toHaveLength(2);
    expect(asked).toHaveLength(1);
  });

  it("that nobody answers for costs no more than the time limit", async () => {
    nameServer(() => undefined);
    const began = performance.now();
    const failure = await codedFailureOf(sign({ aia: { timeoutMs: TIMEOUT_MS }, incompleteChain }));
    expect(failure).toMatchObject({ code: "CHAIN_INCOMPLETE", cause: { code: "TIMEOUT" } });
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  });

  it("is given up where the signal is aborted while it is looked up", async () => {
    nameServer(() => undefined);
    const signal = AbortSignal.timeout(200);
    expect(await codedFailureOf(sign({ aia: true, signal }))).toMatchObject({ code: "ABORTED" });
  });

  it.each([
    [() => Promise.resolve([{ address: "127.0.0.1", family: 4 }]), /no public address/],
    [() => new Promise<never>(() => undefined), /within 400 ms/],
  ])("is checked before a proxy is asked for it, within the time limit", async (found, message) => {
    vi.spyOn(dns.promises, "lookup").mockImplementation(found as unknown as typeof dns.promises.lookup);
    const proxied: (string | undefined)[] = [];
    const proxy = createServer().on("connect", ({ url }, socket) => {
      proxied.push(url);
      socket.destroy();
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    try {
      const failure = await codedFailureOf(sign({ aia: { timeoutMs: TIMEOUT_MS }, incompleteChain }));
      expect(failure).toMatchObject({ code: "CHAIN_INCOMPLETE" });
      expect(failure.message).toMatch(message);
      expect(proxied).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      proxy.close();
    }
  });
});
