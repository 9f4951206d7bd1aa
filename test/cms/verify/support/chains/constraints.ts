import type { CertificateShape } from "../write-certificate.js";
import { certificate, extension, key } from "../write-certificate.js";
import { der, oid, sequence } from "../write-der.js";
import type { Chain, Rest } from "./shape.js";
import { CA, ca, chain, leaf, root, SELF } from "./shape.js";

export const rollover: readonly Chain[] = [
  chain("4.5.1 an authority's old key vouches for its new one", "valid", {
    leaf: leaf({ issuerKey: key("new") }),
    between: [ca(), ca({ issuer: CA, key: key("new"), issuerKey: key(CA) })],
  }),
  chain("4.5.3 and the other way round", "valid", {
    between: [ca({ issuer: CA, issuerKey: key("new") }), ca({ key: key("new") })],
  }),
  chain("4.5.2 an old key without anybody who vouches for it", "CHAIN_INCOMPLETE", {
    between: [ca({ key: key("new") })],
  }),
];

const longer = (first: CertificateShape["ca"], second: Partial<CertificateShape> = {}): Rest => ({
  leaf: leaf({ issuer: "O=Test,CN=Lower CA" }),
  between: [ca({ ca: first }), certificate({ subject: "O=Test,CN=Lower CA", issuer: CA, ...second })],
});
export const basic: readonly Chain[] = [
  chain("4.6.1 an authority without basic constraints", "CHAIN_INVALID", {
    between: [ca({ ca: undefined, usage: [5] })],
  }),
  chain("4.6.2 one whose basic constraints say that it is none", "CHAIN_INVALID", {
    between: [ca({ ca: false, usage: [5] })],
  }),
  chain("4.6.5 more authorities than the path may have", "CHAIN_INVALID", longer(0)),
  chain("4.6.7 as many as it may have", "valid", { between: [ca({ ca: 0 })] }),
  chain("4.6.9 one more below one that allows one", "valid", longer(1)),
  chain("4.6.11 a root's limit", "CHAIN_INVALID", { roots: [root({ ca: 0 })] }),
  chain("4.6.15 an authority's certificate for itself does not count", "valid", {
    leaf: leaf({ issuerKey: key("new") }),
    between: [ca({ ca: 0 }), certificate(SELF)],
  }),
  chain("an old root of version 1", "valid", { roots: [root({ version: 1 })] }),
  chain("an authority of version 1", "CHAIN_INVALID", { between: [ca({ version: 1 })] }),
];

const requireExplicit = extension("2.5.29.36", sequence(der(0x80, Buffer.from([0]))), true);
const policies = (critical: boolean): Buffer =>
  extension("2.5.29.32", sequence(sequence(oid("2.16.840.1.101.3.2.1.48.1"))), critical);
export const policy: readonly Chain[] = [
  chain("4.8.1 policies where none is asked for", "valid", {
    leaf: leaf({ extensions: [policies(true)] }),
    between: [ca({ extensions: [policies(true)] })],
  }),
  chain("4.9.3 a path that needs a policy and has none", "CHAIN_INVALID", {
    between: [ca({ extensions: [requireExplicit] })],
    notByOpenssl: "it does not look at policies unless it is asked to",
  }),
];
