import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

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

/**
 * Whether every address of a host is of the public Internet. The host is looked up here, and once more when it is connected
 * to: whoever answers for its name could answer differently, so this is no wall.
 *
 * @param hostname - of a URL: an IPv6 address in brackets
 */
export async function isPublicHost(hostname: string): Promise<boolean> {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) return isPublic(host);
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.length > 0 && found.every(({ address }) => isPublic(address));
}

function isPublic(address: string): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  return !NOT_PUBLIC[family].check(address, family);
}
