import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { encodeForm, formContentType, randomBoundary } from "../../src/api/multipart.js";
import type { SignPathOptions } from "../../src/config/options.js";
import type { HashName, SignatureAlgorithm } from "../../src/wire/signing.js";
import { codedThrownBy } from "../support/failure.js";
import { assertProperty } from "../support/properties.js";
import { apiClient, HASH, template } from "./support.js";

const NOWHERE = { origin: "http://127.0.0.1:9" };

/** Base64 of 00 01 02 … of the hash's length. */
const COUNTING: Readonly<Record<HashName, string>> = {
  "SHA-1": "AAECAwQFBgcICQoLDA0ODxAREhM=",
  "SHA-256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  "SHA-384": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v",
  "SHA-512": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
};

const OIDS: Readonly<Record<HashName, string>> = {
  "SHA-1": "1.3.14.3.2.26",
  "SHA-256": "2.16.840.1.101.3.4.2.1",
  "SHA-384": "2.16.840.1.101.3.4.2.2",
  "SHA-512": "2.16.840.1.101.3.4.2.3",
};

const HASH_NAMES = Object.keys(OIDS) as HashName[];

function boundaryOf(contentType: string): string {
  const [, boundary] = /^multipart\/form-data; boundary=(signpath-[0-9a-f]{32})$/.exec(contentType) ?? [];
  if (boundary === undefined) throw new Error(contentType);
  return boundary;
}

/** The form of a submission, written out by the documentation. */
function form(boundary: string, fast: string, payload: string): string {
  return (
    `--${boundary}\r\nContent-Disposition: form-data; name="ProjectSlug"\r\n\r\nmy-project\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="SigningPolicySlug"\r\n\r\nrelease-signing\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="IsFastSigningRequest"\r\n\r\n${fast}\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="Artifact"; filename="payload.json"\r\n` +
    `Content-Type: application/json\r\n\r\n${payload}\r\n--${boundary}--\r\n`
  );
}

function request(
  algorithm: SignatureAlgorithm,
  hash: HashName,
  options: SignPathOptions = {},
): ReturnType<typeof template> {
  return template(apiClient(NOWHERE, options), algorithm, hash);
}

describe("a signing request's form", () => {
  const rsa = (["RsaPkcs1", "RsaPss"] as const).flatMap((algorithm) =>
    HASH_NAMES.map((hash) => ({ algorithm, hash })),
  );

  it.each(rsa)("is byte for byte the documentation's for $algorithm with $hash", ({ algorithm, hash }) => {
    const made = request(algorithm, hash);
    const payload = `{"SignatureAlgorithm":"${algorithm}","RsaHashAlgorithm":"${OIDS[hash]}","Base64EncodedHash":"${COUNTING[hash]}"}`;
    const boundary = boundaryOf(made.formContentType);
    expect(made.fast().pour(COUNTING[hash]).toString("latin1")).toBe(form(boundary, "true", payload));
    expect(made.submission().pour(COUNTING[hash]).toString("latin1")).toBe(form(boundary, "false", payload));
  });

  it.each(HASH_NAMES)("names no hash for Ecdsa with %s, and leaves the format to the default", (hash) => {
    const made = request("Ecdsa", hash);
    const payload = `{"SignatureAlgorithm":"Ecdsa","Base64EncodedHash":"${COUNTING[hash]}"}`;
    const expected = form(boundaryOf(made.formContentType), "true", payload);
    expect(made.fast().pour(COUNTING[hash]).toString("latin1")).toBe(expected);
  });

  it("has a boundary of its own", () => {
    const client = apiClient(NOWHERE);
    expect(template(client).formContentType).not.toBe(template(client).formContentType);
  });

  it("carries slugs and metadata in UTF-8", async () => {
    const client = apiClient(NOWHERE, { metadata: { note: "größer ✓ \r\n--x" } });
    const made = client.template(
      { projectSlug: "projékt", signingPolicySlug: "freigabe ß" },
      template(client).algorithm,
    );
    const response = new Response(new Uint8Array(made.fast().pour(HASH)), {
      headers: { "content-type": made.formContentType },
    });
    const parsed = await response.formData();
    expect(parsed.get("ProjectSlug")).toBe("projékt");
    expect(parsed.get("SigningPolicySlug")).toBe("freigabe ß");
    const artifact = parsed.get("Artifact") as File;
    expect(artifact).toMatchObject({ name: "payload.json", type: "application/json" });
    expect(JSON.parse(await artifact.text())).toMatchObject({
      Base64EncodedHash: HASH,
      Metadata: { note: "größer ✓ \r\n--x" },
    });
  });
});

describe("a SignHash request", () => {
  const head = '{"projectSlug":"my-project","signingPolicySlug":"release-signing","hashSigningData":';
  const SIGN_HASH_NAMES = { "SHA-1": "Sha1", "SHA-256": "Sha256", "SHA-384": "Sha384", "SHA-512": "Sha512" };

  it.each(HASH_NAMES)("is byte for byte the documentation's with %s", (hash) => {
    const name = SIGN_HASH_NAMES[hash];
    const rsa = (padding: string): string =>
      `${head}{"hash":"${COUNTING[hash]}","signatureAlgorithm":"Rsa","rsaOptions":{"hashAlgorithmName":"${name}","paddingMode":"${padding}"}}}`;
    expect(request("RsaPkcs1", hash).signHash().pour(COUNTING[hash]).toString()).toBe(rsa("Pkcs1"));
    expect(request("RsaPss", hash).signHash().pour(COUNTING[hash]).toString()).toBe(rsa("Pss"));
    expect(request("Ecdsa", hash).signHash().pour(COUNTING[hash]).toString()).toBe(
      `${head}{"hash":"${COUNTING[hash]}","signatureAlgorithm":"Ecdsa","ecdsaOptions":{"signatureFormat":"Ieee"}}}`,
    );
  });

  it("carries metadata within the data to sign", () => {
    const made = request("Ecdsa", "SHA-256", { metadata: { ticket: "A-1" } });
    const { hashSigningData } = JSON.parse(made.signHash().pour(COUNTING["SHA-256"]).toString());
    expect(Object.keys(hashSigningData)).toEqual(["hash", "signatureAlgorithm", "ecdsaOptions", "metadata"]);
    expect(Object.keys(hashSigningData.metadata)).toEqual(["sourceProcess", "ticket"]);
    expect(Object.keys(hashSigningData.metadata.sourceProcess)).toEqual([
      "commandLine",
      "user",
      "operatingSystem",
    ]);
    expect(Object.keys(hashSigningData.metadata.sourceProcess.operatingSystem)).toEqual([
      "type",
      "version",
      "architecture",
    ]);
  });
});

describe("requests of one template", () => {
  const other = COUNTING["SHA-256"];

  it("differ in the hash alone", () => {
    const made = request("RsaPss", "SHA-256", { metadata: { constant: true } });
    for (const body of [made.fast, made.submission, made.signHash]) {
      const [one, two] = [body.call(made).pour(HASH).toString(), body.call(made).pour(other).toString()];
      expect(one).toContain(HASH);
      expect(two).toBe(one.replace(HASH, other));
    }
  });

  it("are separate bodies: a later one does not change an earlier one that is still being sent", () => {
    const made = request("RsaPkcs1", "SHA-256");
    for (const body of [made.fast, made.submission, made.signHash]) {
      const one = body.call(made).pour(HASH);
      const before = one.toString();
      body.call(made).pour(other).fill(0);
      expect(one.toString()).toBe(before);
      expect(body.call(made).pour(HASH).toString()).toBe(before);
    }
  });

  it("ask a metadata function each time, for each route", () => {
    const metadata = vi.fn(() => ({ count: metadata.mock.calls.length }));
    const made = request("RsaPkcs1", "SHA-256", { metadata });
    expect(metadata).not.toHaveBeenCalled();
    const counts = [
      made.fast().pour(HASH),
      made.fast().pour(HASH),
      made.submission().pour(HASH),
      made.signHash().pour(HASH),
    ].map((body) => Number(/"count":(\d)/.exec(body.toString())?.[1]));
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  it("keep what a metadata function leaves out, and may have a hash-like text in their metadata", () => {
    const answers = [undefined, {}, { CreatingProcess: "mine" }, { note: HASH }];
    const made = request("RsaPkcs1", "SHA-256", { metadata: () => answers.shift() });
    const next = (): Record<string, unknown> =>
      JSON.parse(/\r\n(\{.*\})\r\n/.exec(made.fast().pour(other).toString())?.[1] ?? "");
    expect(next()["Metadata"]).toHaveProperty("CreatingProcess.CommandLine");
    expect(next()["Metadata"]).toHaveProperty("CreatingProcess.User");
    expect(next()["Metadata"]).toEqual({ CreatingProcess: "mine" });
    expect(next()).toMatchObject({ Base64EncodedHash: other, Metadata: { note: HASH } });
  });

  it.each<[string, () => unknown]>([
    [
      "fails",
      () => {
        throw new Error("broken");
      },
    ],
    ["gives what JSON cannot hold", () => ({ big: 1n })],
    ["gives a list", () => [1]],
    ["gives text", () => "text"],
    ["gives a promise", async () => ({ a: 1 })],
  ])("are not made where the metadata function %s", (_what, metadata) => {
    const made = request("RsaPkcs1", "SHA-256", { metadata: metadata as () => undefined });
    for (const body of [made.fast, made.submission, made.signHash]) {
      expect(codedThrownBy(() => body.call(made).pour(HASH))).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("metadata function"),
        attempts: 0,
      });
    }
  });

  it("have no metadata at all where that is switched off", () => {
    const made = request("RsaPkcs1", "SHA-256", { metadata: false });
    expect(`${made.fast().pour(HASH)}${made.signHash().pour(HASH)}`).not.toMatch(/metadata/i);
  });
});

describe("a form", () => {
  const name = fc.string({ unit: fc.constantFrom(..."abcXYZ09-_."), minLength: 1, maxLength: 12 });
  const value = fc.string({ unit: "binary", maxLength: 60 });
  const field = fc.record(
    {
      name,
      value,
      file: fc.record({ name, contentType: fc.constantFrom("application/json", "text/plain") }),
    },
    { requiredKeys: ["name", "value"] },
  );

  it("is read back by a parser that nobody here wrote", async () => {
    await assertProperty(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 6 }), async (fields) => {
        const boundary = randomBoundary();
        const headers = { "content-type": formContentType(boundary) };
        const parsed = await new Response(encodeForm(fields, boundary), { headers }).formData();
        const entries = await Promise.all(
          [...parsed].map(async ([entryName, entry]) =>
            typeof entry === "string"
              ? { name: entryName, value: entry }
              : {
                  name: entryName,
                  value: await entry.text(),
                  file: { name: entry.name, contentType: entry.type },
                },
          ),
        );
        // A value is sent in UTF-8, which has no lone surrogates and, at the start, a byte order mark of its own.
        const sent = fields.map((each) => ({
          ...each,
          value: new TextDecoder().decode(Buffer.from(each.value)),
        }));
        expect(entries).toEqual(sent);
      }),
    );
  });

  it("has boundaries that are random", () => {
    const boundaries = new Set(Array.from({ length: 100 }, randomBoundary));
    expect(boundaries.size).toBe(100);
  });
});
