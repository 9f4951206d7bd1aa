import type { LookupAddress } from "node:dns";
import dns from "node:dns";
import type { LookupFunction } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NotPublic } from "../../../src/api/transport/not-public.js";
import { isPublic, lookupPublic, requirePublic } from "../../../src/api/transport/public-address.js";
import { failureOf } from "../../support/failure.js";

const hostOf = (text: string): string => new URL(`http://${text}/`).hostname;

describe("a public address", () => {
  it.each(["8.8.8.8", "1.1.1.1", "[2606:4700::1111]"])("is %s", (host) => {
    expect(isPublic(hostOf(host))).toBe(true);
  });

  it.each([
    ...["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"],
    ...["127.1", "0x7f.1", "2130706433", "017700000001", "127.0.0.1."],
    ...[
      "[::1]",
      "[::]",
      "[fe80::1]",
      "[fd00::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:8.8.8.8]",
      "[64:ff9b::7f00:1]",
    ],
    ...["224.0.0.1", "255.255.255.255"],
  ])("is not %s", (host) => {
    expect(isPublic(hostOf(host))).toBe(false);
  });
});

describe("a name that must be public", () => {
  afterEach(() => vi.restoreAllMocks());

  const found = (...addresses: readonly string[]): LookupAddress[] =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  /** What the name server says, each time. */
  const nameServer = (answer: () => LookupAddress[]) => {
    const lookup = (_name: string, _options: dns.LookupAllOptions, callback: (...args: unknown[]) => void) =>
      callback(null, answer());
    return vi.spyOn(dns, "lookup").mockImplementation(lookup as unknown as typeof dns.lookup);
  };
  const looked = (all: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const answered: Parameters<LookupFunction>[2] = (error, address) =>
        error ? reject(error) : resolve(address);
      lookupPublic("ca.example", { all }, answered);
    });

  it("is looked up as a socket asks for it, with one address or all", async () => {
    const addresses = found("8.8.8.8", "2606:4700::1111");
    nameServer(() => addresses);
    expect(await looked(true)).toEqual(addresses);
    expect(await looked(false)).toBe("8.8.8.8");
  });

  it.each([[["127.0.0.1"]], [["8.8.8.8", "10.0.0.1"]], [["::1", "8.8.8.8"]]])(
    "is not connected to where it has %s",
    async (addresses) => {
      nameServer(() => found(...addresses));
      for (const all of [true, false]) expect(await failureOf(looked(all))).toBeInstanceOf(NotPublic);
    },
  );

  it.each(["localhost", "localhost.", "no-such-host.invalid"])("is not %s", async (host) => {
    expect(await failureOf(requirePublic(host))).toBeInstanceOf(NotPublic);
    const failure = await failureOf(
      new Promise((resolve, reject) => {
        lookupPublic(host, { all: true }, (error, address) => (error ? reject(error) : resolve(address)));
      }),
    );
    expect(failure).toBeInstanceOf(Error);
  });
});
