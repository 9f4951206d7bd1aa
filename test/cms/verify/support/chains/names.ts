import { certificate, extension, key, name } from "../write-certificate.js";
import { der, explicit, sequence, text } from "../write-der.js";
import type { Chain } from "./shape.js";
import { ca, chain, leaf, root, SELF } from "./shape.js";

const directory = (dn: string): Buffer => explicit(4, name(dn));
const dns = (value: string): Buffer => text(value, 0x82);
const email = (value: string): Buffer => text(value, 0x81);
const uri = (value: string): Buffer => text(value, 0x86);
const ip = (...bytes: readonly number[]): Buffer => der(0x87, Buffer.from(bytes));
const alternative = (...names: readonly Buffer[]): Buffer => extension("2.5.29.17", sequence(...names));
function constraints(permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer {
  const list = (number: number, bases: readonly Buffer[]): Buffer[] =>
    bases.length === 0 ? [] : [explicit(number, ...bases.map((base) => sequence(base)))];
  return extension("2.5.29.30", sequence(...list(0, permitted), ...list(1, excluded)), true);
}
const named = (...names: readonly Buffer[]): Buffer => leaf({ extensions: [alternative(...names)] });
const constrained = (permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer[] => [
  ca({ extensions: [constraints(permitted, excluded)] }),
];

export const nameConstraints: readonly Chain[] = [
  chain("4.13.1 a name within the permitted ones", "valid", { between: constrained([directory("O=Test")]) }),
  chain("4.13.2 a name that is not", "CHAIN_INVALID", { between: constrained([directory("O=Other")]) }),
  chain("4.13.5 one of several permitted ones", "valid", {
    between: constrained([directory("O=Other"), directory("O=Test")]),
  }),
  chain("4.13.6 a name within an excluded one", "CHAIN_INVALID", {
    between: constrained([], [directory("O=Test")]),
  }),
  chain("4.13.7 a name that is not", "valid", { between: constrained([], [directory("O=Other")]) }),
  chain("an excluded name in capitals", "CHAIN_INVALID", { between: constrained([], [directory("O=TEST")]) }),
  chain("4.13.13 constraints on what has no such name", "valid", {
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.19 an authority's certificate for itself is exempt", "valid", {
    leaf: leaf({ subject: "O=Other,CN=Signer", issuerKey: key("new") }),
    between: [ca({ extensions: [constraints([directory("O=Other")])] }), certificate({ ...SELF, ca: true })],
  }),
  chain("4.13.21 an e-mail address within", "valid", {
    leaf: named(email("a@example.test")),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.22 an e-mail address outside", "CHAIN_INVALID", {
    leaf: named(email("a@sub.example.test")),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.27 an e-mail address in the subject", "CHAIN_INVALID", {
    leaf: leaf({ subject: "O=Test,E:16=a@other.test,CN=Signer" }),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.30 a host within", "valid", {
    leaf: named(dns("a.example.test")),
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.31 a host outside", "CHAIN_INVALID", {
    leaf: named(dns("badexample.test")),
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.33 a host that is excluded", "CHAIN_INVALID", {
    leaf: named(dns("a.example.test")),
    between: constrained([], [dns("example.test")]),
  }),
  chain("4.13.34 a URI within", "valid", {
    leaf: named(uri("https://a.example.test/x")),
    between: constrained([uri(".example.test")]),
  }),
  chain("4.13.35 a URI outside", "CHAIN_INVALID", {
    leaf: named(uri("https://example.test/x")),
    between: constrained([uri(".example.test")]),
  }),
  chain("an address within", "valid", {
    leaf: named(ip(10, 1, 2, 3)),
    between: constrained([ip(10, 0, 0, 0, 255, 0, 0, 0)]),
  }),
  chain("an address outside", "CHAIN_INVALID", {
    leaf: named(ip(11, 1, 2, 3)),
    between: constrained([ip(10, 0, 0, 0, 255, 0, 0, 0)]),
  }),
  chain("constraints of a root", "CHAIN_INVALID", {
    roots: [root({ extensions: [constraints([directory("O=Other")])] })],
  }),
];
