import { webcrypto } from "node:crypto";
import { inspect, types } from "node:util";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { subtle as ownSubtle } from "../../src/index.js";
import type { Uninstall } from "../../src/toolkit/global/index.js";
import { install } from "../../src/toolkit/global/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { titledOutcomes } from "./global-calls.js";
import { JOSE_ALGORITHMS } from "./global-support.js";

const prototype = SubtleCrypto.prototype;
const DATA = Buffer.from("data");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };
/** Those that are given no key. */
const WITHOUT_KEY = ["digest", "generateKey", "importKey"];
const METHODS = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
const WITH_KEY = METHODS.filter((name) => !WITHOUT_KEY.includes(name));

const emulator = useEmulator();
const signpath = useSignPath(emulator);

const installed: Uninstall[] = [];
function installHere(): Uninstall {
  const uninstall = install();
  installed.push(uninstall);
  return uninstall;
}
afterEach(() => {
  for (const uninstall of installed.splice(0)) uninstall();
  expect(prototype.sign).toBe(untouched["sign"]);
});

/** The methods as Node made them. */
const untouched: Record<string, unknown> = methodsNow();
function methodsNow(): Record<string, unknown> {
  return Object.fromEntries(METHODS.map((name) => [name, Reflect.get(prototype, name)]));
}

async function remoteKey(slug = "p-256", algorithm: object = ECDSA): Promise<CryptoKey> {
  return (await signpath().policy(`demo/${slug}`)).privateKey(algorithm as typeof ECDSA);
}

/** All that can be seen of the methods, but for which objects they are. */
function appearance(): unknown {
  return METHODS.map((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    const { value: method, ...attributes } = descriptor;
    return {
      ...{ name, attributes, type: typeof method, ownName: method.name, length: method.length },
      keys: Reflect.ownKeys(method),
      properties: Reflect.ownKeys(method).map((key) => Object.getOwnPropertyDescriptor(method, key)),
      prototype: Object.getPrototypeOf(method),
      tag: Object.prototype.toString.call(method),
      inspected: inspect(method),
      extensible: Object.isExtensible(method),
      isConstructor: isConstructor(method),
    };
  });
}

describe("the bridge", () => {
  it.each(JOSE_ALGORITHMS)("signs by $slug with $alg through the global subtle", async (variant) => {
    const { slug, name, hash } = variant;
    const policy = await signpath().policy(`demo/${slug}`);
    const { privateKey, publicKey } = await policy.keyPair({ name, hash });
    const captured = globalThis.crypto.subtle;
    installHere();
    for (const subtle of [captured, webcrypto.subtle as SubtleCrypto]) {
      const signature = await subtle.sign(privateKey.algorithm, privateKey, DATA);
      expect(signature).toBeInstanceOf(ArrayBuffer);
      expect(await subtle.verify(privateKey.algorithm, publicKey, signature, DATA)).toBe(true);
      expect(await subtle.verify(privateKey.algorithm, publicKey, signature, Buffer.from("date"))).toBe(
        false,
      );
    }
  });

  it("is not there before it is installed, and not after it is taken back", async () => {
    const key = await remoteKey();
    const sign = (): Promise<unknown> => globalThis.crypto.subtle.sign(ECDSA, key, DATA);
    const before = await failureOf(sign());
    const uninstall = installHere();
    await sign();
    uninstall();
    expect(await failureOf(sign())).toEqual(before);
    expect(methodsNow()).toEqual(untouched);
  });

  it.each(WITH_KEY.filter((name) => name !== "sign"))(
    "refuses a key in SignPath for all but sign: %s",
    async (name) => {
      const key = await remoteKey();
      installHere();
      const before = emulator().requests.length;
      const method = Reflect.get(prototype, name) as (...args: unknown[]) => Promise<unknown>;
      for (let position = 0; position < method.length; position += 1) {
        const args = Array.from({ length: method.length }, (_, index) => (index === position ? key : DATA));
        const calling = Reflect.apply(method, globalThis.crypto.subtle, args);
        const error = await failureOf(calling);
        expect(error).toBeInstanceOf(DOMException);
        expect(error).toMatchObject({ name: "InvalidAccessError" });
        expect(await codedFailureOf(calling)).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED" });
      }
      expect(emulator().requests).toHaveLength(before);
    },
  );

  it("refuses to export a key in SignPath with the error for a key that is not extractable", async () => {
    const key = await remoteKey();
    installHere();
    for (const format of ["pkcs8", "spki", "jwk", "raw"] as const) {
      const error = await failureOf(globalThis.crypto.subtle.exportKey(format as "jwk", key));
      expect(error).toMatchObject({ name: "InvalidAccessError", code: DOMException.INVALID_ACCESS_ERR });
    }
  });

  it("leaves a wrong receiver and missing arguments to Node, whatever the key", async () => {
    const key = await remoteKey();
    const calls = (): Promise<unknown[]> =>
      Promise.all(
        WITH_KEY.flatMap((name) => {
          const method = Reflect.get(prototype, name) as (...args: unknown[]) => Promise<unknown>;
          const enough = [ECDSA, ...Array.from({ length: method.length }, () => key)];
          const call = (receiver: unknown, ...args: unknown[]): Promise<unknown> =>
            failureOf((async () => Reflect.apply(method, receiver, args))()).then(outline);
          return [
            call({}, ...enough),
            call(undefined, ...enough),
            call(webcrypto.subtle),
            call(webcrypto.subtle, key),
          ];
        }),
      );
    const before = await calls();
    installHere();
    expect(await calls()).toEqual(before);
  });

  it("answers whatever is wrong with the arguments by a rejection, and sends nothing", async () => {
    const key = await remoteKey();
    installHere();
    const before = emulator().requests.length;
    const hostile = {
      get name(): string {
        throw new RangeError("read");
      },
    };
    for (const algorithm of [
      hostile,
      undefined,
      null,
      5,
      "",
      "SHA-256",
      { name: "ECDSA" },
      { name: "HMAC" },
    ]) {
      const signing = globalThis.crypto.subtle.sign(algorithm as typeof ECDSA, new Proxy(key, {}), DATA);
      await failureOf(signing);
    }
    const wrong: unknown[] = [hostile, undefined, null, 5, "", "SHA-256", { name: "HMAC" }];
    for (const algorithm of wrong)
      await failureOf(globalThis.crypto.subtle.sign(algorithm as typeof ECDSA, key, DATA));
    for (const data of [undefined, null, "text", [1], key])
      await failureOf(globalThis.crypto.subtle.sign(ECDSA, key, data as unknown as Buffer<ArrayBuffer>));
    expect(emulator().requests).toHaveLength(before);
  });

  it("copies the data at the call", async () => {
    const { privateKey, publicKey } = await (await signpath().policy("demo/p-256")).keyPair(ECDSA);
    installHere();
    const data = Buffer.from(DATA);
    const signing = globalThis.crypto.subtle.sign(ECDSA, privateKey, data);
    data.fill(0);
    expect(await globalThis.crypto.subtle.verify(ECDSA, publicKey, await signing, DATA)).toBe(true);
  });

  it("signs 16 times at once, and finishes what is under way when it is taken back", async () => {
    const { privateKey, publicKey } = await (await signpath().policy("demo/p-256")).keyPair(ECDSA);
    const uninstall = installHere();
    const before = sentTo(emulator());
    const signing = Array.from({ length: 16 }, () => globalThis.crypto.subtle.sign(ECDSA, privateKey, DATA));
    uninstall();
    for (const signature of await Promise.all(signing))
      expect(await globalThis.crypto.subtle.verify(ECDSA, publicKey, signature, DATA)).toBe(true);
    expect(sentTo(emulator()) - before).toBe(16);
  });

  it("gives up at the client's deadline, as its subtle does", async () => {
    const client = connect(emulator(), { totalTimeoutMs: 500 });
    const key = (await client.policy("demo/p-256")).privateKey(ECDSA);
    installHere();
    onTestFinished(() => emulator().clearFaults());
    emulator().addFault({ kind: "silence", route: "signingRequests" });
    const error = await failureOf(globalThis.crypto.subtle.sign(ECDSA, key, DATA));
    expect(error).toMatchObject({ name: "OperationError", cause: { code: "TIMEOUT" } });
  });

  it("leaves this package's own subtle as it is", async () => {
    const key = await remoteKey();
    installHere();
    expect((await ownSubtle.sign(ECDSA, key, DATA)).byteLength).toBe(64);
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const local = await ownSubtle.generateKey(hmac, false, ["sign"]);
    expect((await ownSubtle.sign("HMAC", local as CryptoKey, DATA)).byteLength).toBe(32);
  });
});

describe("what the bridge leaves as it was", () => {
  it("is all that can be seen of the methods, but that they are other objects", () => {
    const before = appearance();
    const keys = Reflect.ownKeys(prototype);
    const uninstall = installHere();
    expect(appearance()).toEqual(before);
    expect(Reflect.ownKeys(prototype)).toEqual(keys);
    for (const name of WITHOUT_KEY) expect(Reflect.get(prototype, name)).toBe(untouched[name]);
    expect(prototype.constructor).toBe(SubtleCrypto);
    uninstall();
    expect(appearance()).toEqual(before);
    expect(methodsNow()).toEqual(untouched);
  });

  it("is not the source text: a proxy is native code", () => {
    expect(String(prototype.sign)).toMatch(/function sign\(algorithm, key, data\)/);
    installHere();
    for (const name of WITH_KEY) {
      const method: unknown = Reflect.get(prototype, name);
      expect(Function.prototype.toString.call(method)).toBe("function () { [native code] }");
      expect([types.isProxy(method), types.isAsyncFunction(method)]).toEqual([true, false]);
    }
  });

  it("is what Node answers, results and errors alike", async () => {
    const before = await titledOutcomes();
    installHere();
    expect(await titledOutcomes()).toEqual(before);
    expect(before.filter(({ outcome }) => "value" in outcome).length).toBeGreaterThan(10);
    expect(before.filter(({ outcome }) => "error" in outcome).length).toBeGreaterThan(20);
  });
});

describe("the undo", () => {
  it.each([
    ["in the order of installing", [0, 1, 2]],
    ["in the reverse order", [2, 1, 0]],
    ["in another order", [1, 0, 2]],
    ["with some called twice", [1, 1, 2, 1, 0]],
  ])("of three installs works %s", async (_title, order) => {
    const key = await remoteKey();
    const undos = [installHere(), installHere(), installHere()];
    const left = new Set(undos);
    for (const index of order) {
      expect((await globalThis.crypto.subtle.sign(ECDSA, key, DATA)).byteLength).toBe(64);
      undos[index]?.();
      left.delete(undos[index] as Uninstall);
      if (left.size > 0) expect(prototype.sign).not.toBe(untouched["sign"]);
    }
    expect(methodsNow()).toEqual(untouched);
  });

  it("happens at the end of a block with `using`", async () => {
    const key = await remoteKey();
    {
      using _bridge = install();
      expect((await globalThis.crypto.subtle.sign(ECDSA, key, DATA)).byteLength).toBe(64);
    }
    expect(methodsNow()).toEqual(untouched);
  });

  it("leaves a method that somebody has put over it since, and passes calls on below", async () => {
    const key = await remoteKey();
    const uninstall = installHere();
    const ours = prototype.sign;
    const calls: unknown[] = [];
    // As instrumentation does, with the properties of what it wraps.
    const wrapper = Object.setPrototypeOf(function sign(
      this: SubtleCrypto,
      ...args: Parameters<typeof ours>
    ) {
      calls.push(args[1]);
      return ours.apply(this, args);
    }, ours) as typeof ours;
    prototype.sign = wrapper;
    try {
      await globalThis.crypto.subtle.sign(ECDSA, key, DATA);
      uninstall();
      expect(prototype.sign).toBe(wrapper);
      const refusal = await failureOf(globalThis.crypto.subtle.sign(ECDSA, key, DATA));
      const again = installHere();
      await globalThis.crypto.subtle.sign(ECDSA, key, DATA);
      again();
      expect(prototype.sign).toBe(wrapper);
      expect(await failureOf(globalThis.crypto.subtle.sign(ECDSA, key, DATA))).toEqual(refusal);
      // The one that was taken over by the second install did not reach the wrapper.
      expect(calls).toEqual([key, key, key]);
      prototype.sign = ours;
      installHere()();
      expect(prototype.sign).toBe(untouched["sign"]);
    } finally {
      Object.defineProperty(prototype, "sign", { value: untouched["sign"] });
    }
  });
});

it("a key goes on with its policy: after a new key one signature fails, and those after it are by the new one", async () => {
  const policy = await signpath().policy("demo/p-384");
  const algorithm = { name: "ECDSA", hash: "SHA-384" };
  const { privateKey, publicKey } = await policy.keyPair(algorithm);
  installHere();
  await emulator().rotateCertificate("p-384", { newKey: true });
  const sign = (): Promise<ArrayBuffer> => globalThis.crypto.subtle.sign(algorithm, privateKey, DATA);
  expect(await codedFailureOf(sign())).toMatchObject({ code: "CERTIFICATE_CHANGED" });
  const signature = await sign();
  const verify = (key: CryptoKey) => globalThis.crypto.subtle.verify(algorithm, key, signature, DATA);
  expect(await verify(publicKey)).toBe(false);
  expect(await verify(await policy.publicKey(algorithm))).toBe(true);
});

function isConstructor(method: unknown): boolean {
  try {
    Reflect.construct(Object, [], method as () => void);
    return true;
  } catch {
    return false;
  }
}

/** What can be compared of an error. */
function outline(error: unknown): unknown {
  const { name, code, message } = error as { name: string; code: unknown; message: string };
  return { name, code, message, constructor: (error as object).constructor };
}
