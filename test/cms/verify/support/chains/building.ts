import type { CertificateShape } from "../write-certificate.js";
import { certificate, key, years } from "../write-certificate.js";
import type { Chain } from "./shape.js";
import { CA, ca, chain, LEAF, leaf } from "./shape.js";

const OTHER_ROOT = "O=Other,CN=Root";
const cross = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: CA, issuer: OTHER_ROOT, ...shape });
const otherRoot = (): Buffer => certificate({ subject: OTHER_ROOT, issuer: OTHER_ROOT });
const NO_WAY_BACK = "it takes the first issuer that it finds, and tries no other";
const SELF_SIGNED = certificate({ subject: LEAF, issuer: LEAF, ca: undefined });
const A = "CN=A";
const B = "CN=B";
export const building: readonly Chain[] = [
  chain("another root", "CHAIN_INCOMPLETE", { roots: [otherRoot()] }),
  chain("no authority in between", "CHAIN_INCOMPLETE", { between: [] }),
  chain("a self-signed signer that is trusted itself", "valid", {
    leaf: SELF_SIGNED,
    between: [],
    roots: [SELF_SIGNED],
  }),
  chain("a self-signed signer that is not", "CHAIN_INCOMPLETE", {
    leaf: SELF_SIGNED,
  }),
  chain("a trusted authority that is not self-signed", "valid", {
    between: [],
    roots: [ca()],
    notByOpenssl: "it asks for a self-signed one unless it is told -partial_chain",
  }),
  chain("two certificates of one authority, of which one has expired", "valid", {
    between: [ca({ to: years(-0.1) }), ca()],
  }),
  chain("two authorities of one name with different keys", "valid", {
    between: [ca({ key: key("stranger"), keyIds: false }), ca()],
    leaf: leaf({ keyIds: false }),
    notByOpenssl: "it takes the first one of the name where no key identifier tells it another",
  }),
  chain("a cross certificate to a root that is not trusted", "valid", {
    between: [cross(), otherRoot(), ca()],
    notByOpenssl: NO_WAY_BACK,
  }),
  chain("a cross certificate that leads to the only trusted root", "valid", {
    roots: [otherRoot()],
    between: [ca(), cross()],
    notByOpenssl: NO_WAY_BACK,
  }),
  chain("authorities that have issued each other", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: A }),
    between: [certificate({ subject: A, issuer: B }), certificate({ subject: B, issuer: A })],
  }),
];
