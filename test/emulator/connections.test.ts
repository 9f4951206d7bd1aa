import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createGunzip, gunzipSync } from "node:zlib";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import { agent, api, send, submit } from "./support.js";

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startPrepared();
});
afterEach(() => emulator.close());

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

const about = (): Promise<unknown> => send(emulator, { path: "/" }, agent());

describe("refused connections", () => {
  it("follow a request that was reset, until the port is open again", async () => {
    emulator.addFault({ kind: "refuse", ms: 300 });
    const path = api(emulator, "SigningRequests/SignHash");
    expect(await codeOf(send(emulator, { path }, agent()))).toBe("ECONNRESET");
    expect(await codeOf(about())).toBe("ECONNREFUSED");
    await vi.waitFor(about, { timeout: 10_000, interval: 50 });
    expect(emulator.requests.map(({ fault }) => fault)).toContain("refuse");
  });

  it("come at once where the emulator is told itself, and end idle connections too", async () => {
    const idle = agent();
    await send(emulator, { path: "/" }, idle);
    const { connections } = emulator;
    emulator.refuseConnections(200);
    expect(await codeOf(about())).toBe("ECONNREFUSED");
    await vi.waitFor(about, { timeout: 10_000, interval: 50 });
    await send(emulator, { path: "/" }, idle);
    expect(emulator.connections).toBeGreaterThan(connections + 1);
  });

  it("wait for the port where another program has it meanwhile", async () => {
    const port = Number(new URL(emulator.origin).port);
    emulator.refuseConnections(100);
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    await delay(250);
    await new Promise((resolve) => other.close(resolve));
    await vi.waitFor(about, { timeout: 10_000, interval: 50 });
  });

  it("last no longer than the emulator", async () => {
    emulator.refuseConnections(60_000);
    await emulator.close();
    emulator.refuseConnections(1);
    await delay(50);
    expect(await codeOf(about())).toBe("ECONNREFUSED");
  });

  it("last a time that is one", () => {
    expect(() => emulator.refuseConnections(-1)).toThrow(TypeError);
    expect(() => emulator.refuseConnections(Number.NaN)).toThrow(TypeError);
  });
});

describe("a gzip bomb", () => {
  const compressed = async (bytes?: number): Promise<Buffer> => {
    emulator.addFault({ kind: "gzip-bomb", ...(bytes !== undefined && { bytes }) });
    const { headers, body } = await request(
      `${emulator.origin}${api(emulator, "Cryptoki/MySigningPolicies?signingPolicySlug=p-256")}`,
      { headers: { Authorization: `Bearer ${emulator.apiToken}` } },
    );
    expect(headers["content-encoding"]).toBe("gzip");
    const content = Buffer.from(await body.arrayBuffer());
    expect(headers["content-length"]).toBe(String(content.length));
    return content;
  };

  it.each([50_000_000, 16 * 1024 * 1024 + 1000])("is the answer in %i bytes of gzip", async (bytes) => {
    const bomb = await compressed(bytes);
    expect(bomb.length).toBeLessThan(bytes / 500);
    const content = gunzipSync(bomb);
    expect(content).toHaveLength(bytes);
    expect(JSON.parse(content.toString())).toHaveProperty("signingPolicies");
  });

  it("becomes a gibibyte by default, out of less than a mebibyte and a half", async () => {
    const bomb = await compressed();
    expect(bomb.length).toBeLessThan(1.5 * 1024 * 1024);
    let length = 0;
    for await (const chunk of createGunzip({ chunkSize: 1024 * 1024 }).end(bomb)) {
      length += (chunk as Buffer).length;
    }
    expect(length).toBe(1024 ** 3);
  });

  it("is never shorter than the answer", async () => {
    expect(
      createHash("sha1")
        .update(gunzipSync(await compressed(0)))
        .digest(),
    ).toHaveLength(20);
    expect(JSON.parse(gunzipSync(await compressed(0)).toString())).toHaveProperty("signingPolicies");
  });
});

it("a reset of one connection leaves the others alone", async () => {
  const other = agent();
  await submit(emulator, { policy: "p-256" }, other);
  const { connections } = emulator;
  emulator.addFault({ kind: "reset", when: "before" });
  expect(await codeOf(submit(emulator, { policy: "p-256" }, agent()))).toBe("ECONNRESET");
  await send(emulator, { path: "/" }, other);
  expect(emulator.connections).toBe(connections + 1);
});
