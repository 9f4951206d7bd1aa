import { SignPathError } from "../base/errors.js";
import type { CertificateFacts, KeyFacts } from "../policy/certificate.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import type { HashName, SignatureAlgorithm } from "../wire/signing.js";
import type { HashAlgorithm } from "./hashes.js";
import { HASH_ALGORITHMS, HASH_NAMES } from "./hashes.js";
import type { Scheme } from "./scheme.js";
import { ecdsa } from "./scheme-ecdsa.js";
import { rsaPkcs1, rsaPss } from "./scheme-rsa.js";

/** WebCrypto name of a signature algorithm. */
export type AlgorithmName = "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "ECDSA";

/** A family of algorithms: a row of the table. */
interface Family {
  readonly name: AlgorithmName;
  readonly keyType: KeyFacts["type"];
  /** What the API calls it. */
  readonly wireName: SignatureAlgorithm;
  /** The first part of the JOSE name (RFC 7518, section 3.1). */
  readonly joseName: "RS" | "PS" | "ES";
  readonly scheme: Scheme;
}

/** A signature algorithm with its hash: what everything below works with, in place of names. */
export interface SigningAlgorithm extends Family {
  readonly hash: HashAlgorithm;
}

const FAMILIES: readonly Family[] = [
  { name: "RSASSA-PKCS1-v1_5", keyType: "rsa", wireName: "RsaPkcs1", joseName: "RS", scheme: rsaPkcs1 },
  { name: "RSA-PSS", keyType: "rsa", wireName: "RsaPss", joseName: "PS", scheme: rsaPss },
  { name: "ECDSA", keyType: "ec", wireName: "Ecdsa", joseName: "ES", scheme: ecdsa },
];

/** Every algorithm by family and hash, made once, so that a resolved one can be a key of a map. */
const TABLE: ReadonlyMap<AlgorithmName, ReadonlyMap<HashName, SigningAlgorithm>> = new Map(
  FAMILIES.map((family) => {
    const algorithms = [...HASH_ALGORITHMS].map(
      ([name, hash]) => [name, Object.freeze({ ...family, hash })] as const,
    );
    return [family.name, new Map(algorithms)];
  }),
);

/** Every algorithm that SignPath signs with, for whatever key. */
export function allAlgorithms(): SigningAlgorithm[] {
  return [...TABLE.values()].flatMap((byHash) => [...byHash.values()]);
}

/** The name in WebCrypto's spelling; its comparison ignores case. */
function canonical<Name extends string>(names: readonly Name[], given: string): Name | undefined {
  const exact = names.find((name) => name === given);
  return exact ?? names.find((name) => name.toLowerCase() === given.toLowerCase());
}

const FAMILY_NAMES: readonly AlgorithmName[] = FAMILIES.map(({ name }) => name);

/** An algorithm as a caller gave it, brought into one form. */
export interface NormalisedAlgorithm {
  readonly name: AlgorithmName;
  readonly hash: HashName | undefined;
  readonly saltLength: number | undefined;
  readonly namedCurve: string | undefined;
}

/**
 * Reads an algorithm identifier: a name, or an object with `name` and optionally `hash`, `saltLength` and `namedCurve`.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming what is supported
 */
export function normalise(identifier: SigningAlgorithmIdentifier): NormalisedAlgorithm {
  const given = typeof identifier === "string" ? { name: identifier } : identifier;
  if (typeof given !== "object" || given === null || typeof given.name !== "string") {
    throw notSupported("an algorithm is a name or an object with a name");
  }
  const name = canonical(FAMILY_NAMES, given.name);
  if (name === undefined) {
    throw notSupported(
      `${quote(given.name)} is not an algorithm that SignPath signs with: ${FAMILY_NAMES.join(", ")} are`,
    );
  }
  const { hash: givenHash, saltLength, namedCurve } = given;
  const hashName = typeof givenHash === "object" && givenHash !== null ? givenHash.name : givenHash;
  const hash = typeof hashName === "string" ? canonical(HASH_NAMES, hashName) : undefined;
  if (hashName !== undefined && hash === undefined) {
    throw notSupported(`${quote(hashName)} is not a hash that SignPath signs: ${HASH_NAMES.join(", ")} are`);
  }
  return {
    name,
    hash,
    saltLength: saltLength === undefined ? undefined : Number(saltLength),
    namedCurve: namedCurve === undefined ? undefined : String(namedCurve),
  };
}

/**
 * The algorithm with its hash.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` for a salt length other than the hash's
 */
export function resolve(
  name: AlgorithmName,
  hash: HashName,
  saltLength: number | undefined,
): SigningAlgorithm {
  const algorithm = TABLE.get(name)?.get(hash);
  if (algorithm === undefined) throw notSupported(`${name} with ${hash} is not supported`);
  if (name === "RSA-PSS" && saltLength !== undefined && saltLength !== algorithm.hash.length) {
    throw notSupported(
      `RSA-PSS with a salt of ${saltLength} bytes is not supported: SignPath's salt is as long as the hash, ${algorithm.hash.length} bytes for ${hash}`,
    );
  }
  return algorithm;
}

/**
 * The hash that must be named by now.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`
 */
export function requireHash({ name, hash }: Pick<NormalisedAlgorithm, "name" | "hash">): HashName {
  if (hash !== undefined) return hash;
  throw notSupported(`${name} needs a hash: { name: "${name}", hash: "SHA-256" }`);
}

/**
 * Checks that an algorithm is one for the certificate's key.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`
 */
export function requireFit(
  { key }: CertificateFacts,
  wanted: { name: AlgorithmName; namedCurve?: string | undefined },
): void {
  if (!FAMILIES.some((family) => family.name === wanted.name && fits(family, key))) {
    const fitting = FAMILIES.filter((family) => fits(family, key));
    const kind =
      key.type === "rsa"
        ? `an RSA key${isPssOnly(key) ? " for RSA-PSS only" : ""}`
        : `an EC key on ${key.namedCurve}`;
    throw notSupported(
      `${wanted.name} cannot be used with ${kind}: ${fitting.map(({ name }) => name).join(" and ")} can`,
    );
  }
  if (key.type === "ec" && wanted.namedCurve !== undefined && wanted.namedCurve !== key.namedCurve) {
    throw notSupported(`the key is on ${key.namedCurve}, not on ${quote(wanted.namedCurve)}`);
  }
}

function fits({ keyType, name }: Family, key: KeyFacts): boolean {
  return keyType === key.type && (name === "RSA-PSS" || !isPssOnly(key));
}

function isPssOnly(key: KeyFacts): boolean {
  return key.type === "rsa" && key.pss !== undefined;
}

/**
 * Checks that a certificate which restricts RSA-PSS allows the hash, also in the mask function, and a salt as long.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`
 */
export function requireAllowedHash({ key }: CertificateFacts, { hash }: SigningAlgorithm): void {
  const pss = key.type === "rsa" ? key.pss : undefined;
  if (pss === undefined) return;
  const { hash: allowed = hash.nodeName, mgf1Hash = hash.nodeName, saltLength = 0 } = pss;
  if (allowed === hash.nodeName && mgf1Hash === hash.nodeName && saltLength <= hash.length) return;
  throw notSupported(
    `the certificate allows RSA-PSS with ${allowed}, MGF1 with ${mgf1Hash} and a salt of ${saltLength} bytes or more, which ${hash.name} does not fit`,
  );
}

function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 60));
}

function notSupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", message, { stage: "sign" });
}
