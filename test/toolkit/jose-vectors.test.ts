import { createPublicKey, verify } from "node:crypto";
import * as jose from "jose";
import { describe, expect, it } from "vitest";
import { decodeHeader, encodeHeader } from "../../src/toolkit/jose/header.js";
import { signJws } from "../../src/toolkit/jose/index.js";
import { thumbprintOf } from "../../src/toolkit/jose/jwk.js";
import { encodePayload } from "../../src/toolkit/jose/payload.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";

/** RFC 7515, appendices A.2 and A.3: the same payload, with line breaks of its own. */
const RFC_7515_PAYLOAD = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}';
const RFC_7515_ENCODED =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/** RFC 7515, appendix A.3.1: a signature by ES256, r‖s, and the key that it is by. */
const RFC_7515_ES256 =
  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const RFC_7515_EC_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
} as const;

/** RFC 7638, section 3.1. */
const RFC_7638_KEY = {
  kty: "RSA",
  n: [
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs",
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI",
    "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
  ].join(""),
  e: "AQAB",
} as const;
const RFC_7638_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

describe("the examples of the RFCs", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it.each([
    ["A.2", "RS256", "rsa-2048", "eyJhbGciOiJSUzI1NiJ9"],
    ["A.3", "ES256", "p-256", "eyJhbGciOiJFUzI1NiJ9"],
  ] as const)("RFC 7515, %s: %s has the same header and payload", async (_where, alg, slug, header) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const token = await signJws(RFC_7515_PAYLOAD, { policy, alg });
    expect(token.split(".").slice(0, 2)).toEqual([header, RFC_7515_ENCODED]);
    expect(Buffer.from(token.split(".")[2] ?? "", "base64url")).toHaveLength(alg === "RS256" ? 256 : 64);
  });

  it("RFC 7515, A.3: the form of the signature is that of ours, and signs that header and payload", async () => {
    const signature = Buffer.from(RFC_7515_ES256, "base64url");
    const { signed } = encodePayload(RFC_7515_PAYLOAD, {
      b64: true,
      detached: false,
      serialization: "compact",
    });
    const input = Buffer.concat([Buffer.from(`${encodeHeader('{"alg":"ES256"}')}.`), signed]);
    const key = createPublicKey({ key: { ...RFC_7515_EC_KEY }, format: "jwk" });
    expect(verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
    expect(decodeHeader("eyJhbGciOiJFUzI1NiJ9")).toEqual({ alg: "ES256" });
  });

  it("RFC 7797, 4.2: the header of the example with b64, and its payload as it is", async () => {
    const policy = await signpath().policy("demo/p-256");
    const jws = await signJws("$.02", { policy, b64: false, serialization: "flattened" });
    // Section 4.2 has {"alg":"HS256","b64":false,"crit":["b64"]}.
    const header = Buffer.from(jws.protected, "base64url").toString();
    expect(header).toBe('{"alg":"ES256","b64":false,"crit":["b64"]}');
    expect(jws.payload).toBe("$.02");
  });

  it("RFC 7638, 3.1: the thumbprint of an RSA key", () => {
    expect(thumbprintOf(RFC_7638_KEY)).toBe(RFC_7638_THUMBPRINT);
  });

  it("RFC 7638: the thumbprint of an EC key is what jose makes of it, whatever else is said of the key", async () => {
    const thumbprint = await jose.calculateJwkThumbprint({ ...RFC_7515_EC_KEY });
    expect(thumbprintOf(RFC_7515_EC_KEY)).toBe(thumbprint);
    const more = { use: "sig", kid: "x", ...RFC_7515_EC_KEY };
    expect(thumbprintOf(more)).toBe(thumbprint);
  });
});
