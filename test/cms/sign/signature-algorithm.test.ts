import * as pkijs from "pkijs";
import { describe, expect, it } from "vitest";
import { makeEngine } from "../../../src/cms/engine.js";
import { signatureAlgorithm } from "../../../src/cms/sign/signature-algorithm.js";
import { HASH_ALGORITHMS } from "../../../src/key/hashes.js";
import { subtle } from "../../../src/subtle/composite.js";

const NAMES = ["RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA"] as const;
const CASES = NAMES.flatMap((name) => [...HASH_ALGORITHMS.values()].map((hash) => ({ name, hash })));

describe("the AlgorithmIdentifier of a signature", () => {
  it.each(CASES)("is the one that pkijs writes for $name with $hash.name", async ({ name, hash }) => {
    const parameters =
      name === "ECDSA"
        ? { name, namedCurve: "P-256" }
        : { name, hash: hash.name, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
    const { privateKey } = await subtle.generateKey(parameters, false, ["sign", "verify"]);
    const engine = makeEngine(pkijs);
    const written = await engine.getSignatureParameters(privateKey, hash.name);
    const der = written.signatureAlgorithm.toSchema().toBER();
    expect(Buffer.from(signatureAlgorithm(name, hash))).toEqual(Buffer.from(der));
  });
});
