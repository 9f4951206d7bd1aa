import { extension, key, years } from "../write-certificate.js";
import { nothing } from "../write-der.js";
import type { Chain } from "./shape.js";
import { CA, ca, chain, leaf, root, UNKNOWN } from "./shape.js";

export const signatures: readonly Chain[] = [
  chain("4.1.1 valid signatures", "valid"),
  chain("4.1.2 an authority's certificate with a wrong signature", "CHAIN_INCOMPLETE", {
    between: [ca({ spoilt: true })],
  }),
  chain("4.1.3 a signer's certificate with a wrong signature", "CHAIN_INCOMPLETE", {
    leaf: leaf({ spoilt: true }),
  }),
  chain("RSA and SHA-384", "valid", {
    leaf: leaf({ issuerKey: key("rsa", 2048), hash: "sha384" }),
    between: [ca({ key: key("rsa", 2048) })],
  }),
  chain("SHA-1 in the signature of an authority's certificate", "DIGEST_WEAK", {
    between: [ca({ hash: "sha1" })],
  }),
  chain("SHA-1 in the signature of a root, which nobody relies on", "valid", {
    roots: [root({ hash: "sha1" })],
  }),
  chain("an authority with an RSA key of 1024 bits", "KEY_UNSUITABLE", {
    leaf: leaf({ issuerKey: key("short", 1024) }),
    between: [ca({ key: key("short", 1024) })],
  }),
];

export const validity: readonly Chain[] = [
  chain("4.2.1 an authority that is not valid yet", "CERTIFICATE_NOT_YET_VALID", {
    between: [ca({ from: years(1) })],
  }),
  chain("4.2.2 a signer that is not valid yet", "CERTIFICATE_NOT_YET_VALID", {
    leaf: leaf({ from: years(1) }),
  }),
  chain("4.2.3 validity from the last century on", "valid", {
    leaf: leaf({ from: new Date("1950-06-01T00:00:00Z") }),
  }),
  chain("4.2.5 an authority that has expired", "CERTIFICATE_EXPIRED", { between: [ca({ to: years(-0.1) })] }),
  chain("4.2.6 a signer that has expired", "CERTIFICATE_EXPIRED", { leaf: leaf({ to: years(-0.1) }) }),
  chain("4.2.8 validity beyond 2050", "valid", { leaf: leaf({ to: new Date("2060-01-01T00:00:00Z") }) }),
  chain("a root that has expired", "CERTIFICATE_EXPIRED", { roots: [root({ to: years(-0.1) })] }),
];

export const names: readonly Chain[] = [
  chain("4.3.1 another issuer's name", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: "O=Test,CN=Other CA", issuerKey: key(CA) }),
  }),
  chain("4.3.2 the parts of a name in another order", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: "CN=Sub CA,O=Test", issuerKey: key(CA) }),
  }),
  chain("4.3.3 white space in names", "valid", {
    leaf: leaf({ issuer: "O=Test,CN=  Sub   CA ", issuerKey: key(CA) }),
  }),
  chain("4.3.5 capitals in names", "valid", {
    leaf: leaf({ issuer: "O=TEST,CN=sub ca", issuerKey: key(CA) }),
  }),
  chain("4.3.9 other types of string in names", "valid", {
    leaf: leaf({ issuer: "O:13=Test,CN:13=Sub CA", issuerKey: key(CA) }),
  }),
];

export const extensions: readonly Chain[] = [
  chain("4.16.1 an unknown extension that is not critical", "valid", {
    leaf: leaf({ extensions: [extension(UNKNOWN, nothing)] }),
  }),
  chain("4.16.2 an unknown critical extension", "CHAIN_INVALID", {
    leaf: leaf({ extensions: [extension(UNKNOWN, nothing, true)] }),
  }),
  chain("an unknown critical extension of an authority", "CHAIN_INVALID", {
    between: [ca({ extensions: [extension(UNKNOWN, nothing, true)] })],
  }),
];
