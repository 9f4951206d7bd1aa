import { existsSync } from "node:fs";

/**
 * Where NIST's Public Key Interoperability Test Suite is (NIST, 2011, in the public domain): Debian's package
 * `python3-cryptography-vectors` brings it, and so does the folder of `cryptography_vectors` from PyPI.
 */
export const PKITS: string | undefined = [
  process.env["PKITS_DATA"] ?? "",
  "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data",
].find((folder) => existsSync(`${folder}/smime`));
