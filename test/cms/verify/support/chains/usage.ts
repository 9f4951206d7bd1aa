import { keyUsage, USAGE } from "../write-certificate.js";
import type { Chain } from "./shape.js";
import { CODE, ca, chain, EMAIL, leaf, SERVER, STAMP } from "./shape.js";

const NO_CODE_SIGNING = "OpenSSL before 3.2 has no purpose for code signing";
export const usage: readonly Chain[] = [
  chain("4.7.1 an authority that may not issue certificates", "CHAIN_INVALID", {
    between: [ca({ usage: [USAGE.cRLSign] })],
  }),
  chain("4.7.2 the same where that is not critical", "CHAIN_INVALID", {
    between: [ca({ usage: undefined, extensions: [keyUsage([USAGE.cRLSign], false)] })],
  }),
  chain("4.7.3 an authority without key usage", "valid", { between: [ca({ usage: undefined })] }),
  chain("a signer without key usage", "valid", { leaf: leaf({ usage: undefined }) }),
  chain("a signer for non-repudiation alone", "valid", { leaf: leaf({ usage: [USAGE.nonRepudiation] }) }),
  chain("a signer whose key is for encryption", "CHAIN_INVALID", {
    leaf: leaf({ usage: [USAGE.keyEncipherment] }),
    purpose: "emailProtection",
  }),
  chain("a signer for e-mail", "valid", { leaf: leaf({ purposes: [EMAIL] }), purpose: "emailProtection" }),
  chain("a server's certificate where one for e-mail is asked for", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [SERVER] }),
    purpose: "emailProtection",
  }),
  chain("an authority for servers where e-mail is asked for", "CHAIN_INVALID", {
    between: [ca({ purposes: [SERVER] })],
    purpose: "emailProtection",
  }),
  chain("a signer of code", "valid", {
    leaf: leaf({ purposes: [CODE] }),
    purpose: "codeSigning",
    notByOpenssl: NO_CODE_SIGNING,
  }),
  chain("a signer of e-mail where one of code is asked for", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [EMAIL] }),
    purpose: "codeSigning",
    notByOpenssl: NO_CODE_SIGNING,
  }),
  chain("an authority for timestamps", "valid", {
    leaf: leaf({ purposes: [STAMP], purposesCritical: true }),
    purpose: "timeStamping",
  }),
  chain("one whose purpose is not critical", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [STAMP] }),
    purpose: "timeStamping",
  }),
  chain("one that has other purposes as well", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [STAMP, EMAIL], purposesCritical: true }),
    purpose: "timeStamping",
  }),
  chain("one that names no purpose", "CHAIN_INVALID", { purpose: "timeStamping" }),
];
