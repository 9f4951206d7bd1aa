import { createRequire } from "node:module";
import type { X509Certificate } from "@peculiar/x509";

type X509Module = typeof import("@peculiar/x509");

const require = createRequire(import.meta.url);
let loaded: X509Module | undefined;

/** @peculiar/x509, loaded when the first certificate is asked for: it takes longer to load than to sign. */
export function certificateFromDer(der: Uint8Array): X509Certificate {
  if (loaded === undefined) {
    require("reflect-metadata");
    loaded = require("@peculiar/x509") as X509Module;
  }
  return new loaded.X509Certificate(der as Uint8Array<ArrayBuffer>);
}
