import type { LookupAddress } from "node:dns";
import dns from "node:dns";
import type { LookupFunction } from "node:net";
import { BlockList, isIP } from "node:net";
import { NotPublic } from "./not-public.js";

/** Addresses that are not of the public Internet (IANA's registries of special-purpose addresses, RFC 6890). */
const IPV4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"],
  ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];
/** Of IPv6 those as well that stand for IPv4 addresses, whatever these are. */
const IPV6 = [
  ...["::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32"],
  ...["2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
];

// Lists of their own: in one, each IPv4 address would match what is said of its IPv6 form.
const NOT_PUBLIC = { ipv4: blockList("ipv4", IPV4), ipv6: blockList("ipv6", IPV6) };

function blockList(family: "ipv4" | "ipv6", subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** Whether a host of a URL is an address and no name. */
export function isAddress(hostname: string): boolean {
  return isIP(bare(hostname)) !== 0;
}

/** @param address - of IPv4 or IPv6, as it stands in a URL: the latter in brackets */
export function isPublic(address: string): boolean {
  const plain = bare(address);
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  return !NOT_PUBLIC[family].check(plain, family);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Looks up a name for a socket as Node does, and fails where an address of it is not public. The socket connects to what was
 * checked here and asks nobody again: whoever answers for the name could answer differently the second time.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) callback(error, []);
    else if (!found.every(({ address }) => isPublic(address))) callback(new NotPublic(), []);
    else if (options.all) callback(null, found);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  });
};

/**
 * The check alone, for a name that somebody else will look up.
 *
 * @throws {NotPublic}
 */
export async function requirePublic(hostname: string): Promise<void> {
  const found = await dns.promises.lookup(hostname, { all: true }).catch(() => []);
  if (found.length === 0 || !found.every(({ address }) => isPublic(address))) throw new NotPublic();
}
