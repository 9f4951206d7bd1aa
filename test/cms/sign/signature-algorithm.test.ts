import * as pkijs from "pkijs";
import { describe, expect, it } from "vitest";
import { makeEngine } from "../../../src/cms/engine.js";
import { ecdsaSignatureValue, signatureAlgorithm } from "../../../src/cms/sign/signature-algorithm.js";
import { HASH_ALGORITHMS } from "../../../src/key/hashes.js";
import { subtle } from "../../../src/subtle/composite.js";
import { derOf } from "../../support/ecdsa-der.js";

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

describe("an ECDSA-Sig-Value", () => {
  it.each([
    ["with the highest bit set", "ff".repeat(32) + "80".repeat(32)],
    ["without it", "7f".repeat(32) + "01".repeat(32)],
    ["with leading zeros", `${"00".repeat(31)}01${"00".repeat(16)}${"80".repeat(16)}`],
    ["of a field of 521 bits", `01${"ab".repeat(65)}00${"cd".repeat(65)}`],
  ])("has integers without superfluous bytes, for numbers %s", (_title, hex) => {
    const fixed = Uint8Array.from(Buffer.from(hex, "hex"));
    expect(Buffer.from(ecdsaSignatureValue(fixed))).toEqual(Buffer.from(derOf(fixed)));
  });
});
