import { ARTIFACT_CONFIGURATION_SLUG } from "../catalogue.js";
import { parseParameters } from "../http/parameters.js";
import { invalid, invalidFields, problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";
import type { JsonObject } from "../json.js";
import { isObject, own, parseJsonObject, unknownProperty } from "../json.js";
import type { HashAlgorithm } from "../keys/hash-algorithms.js";
import { hashAlgorithm, MD5, oidOfName } from "../keys/hash-algorithms.js";
import type { SigningOrder } from "../keys/signing-key.js";
import { ecdsaHash, rsaHash } from "./payload.js";

/** The body of `SignHash`. */
export interface SignHashBody {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly description: string | undefined;
  /** As it was sent. */
  readonly hash: string;
  readonly order: SigningOrder;
  readonly metadata: unknown;
}

const TYPES: ReadonlySet<string> = new Set(["application/json", "application/json-patch+json"]);
const TOP: ReadonlySet<string> = new Set([
  "projectSlug",
  "signingPolicySlug",
  "artifactConfigurationSlug",
  "description",
  "hashSigningData",
]);
const DATA: ReadonlySet<string> = new Set([
  "hash",
  "signatureAlgorithm",
  "rsaOptions",
  "ecdsaOptions",
  "mldsaOptions",
  "metadata",
]);
const RSA: ReadonlySet<string> = new Set(["hashAlgorithmName", "hashAlgorithmOid", "paddingMode"]);
const ECDSA: ReadonlySet<string> = new Set(["signatureFormat"]);
const HASH_FIELD = "hashSigningData.hash";
const RSA_FIELD = "hashSigningData.rsaOptions";

/** Refuses a `Content-Type` that is not JSON, before the body is read. */
export function assertJson(contentType: string | undefined): void {
  const type = parseParameters(contentType ?? "");
  const charset = type?.parameters.get("charset")?.toLowerCase() ?? "utf-8";
  if (type === undefined || !TYPES.has(type.value) || charset !== "utf-8") {
    throw new Refusal(
      problem(415, `This route takes application/json in UTF-8, not '${contentType ?? ""}'.`),
    );
  }
}

/**
 * Reads the body of `SignHash`, whose names are taken in the documented case only.
 *
 * @throws Refusal
 */
export function readSignHashBody(bytes: Uint8Array): SignHashBody {
  const body = parseJsonObject(bytes);
  if (body === undefined) throw invalid("", "The request body is not a JSON object.");
  const data = own(body, "hashSigningData");
  const missing = new Map<string, string>();
  const required = (object: JsonObject, name: string, field = name): string => {
    const value = own(object, name);
    if (typeof value === "string" && value !== "") return value;
    missing.set(field, `The ${field} field is required.`);
    return "";
  };
  const projectSlug = required(body, "projectSlug");
  const signingPolicySlug = required(body, "signingPolicySlug");
  if (!isObject(data)) missing.set("hashSigningData", "The hashSigningData field is required.");
  const hash = isObject(data) ? required(data, "hash", HASH_FIELD) : "";
  if (missing.size > 0 || !isObject(data)) throw invalidFields(missing);
  refuseUnknown(body, TOP, "");
  refuseUnknown(data, DATA, "hashSigningData");
  const configuration = optionalString(body, "artifactConfigurationSlug");
  if (configuration !== undefined && configuration !== ARTIFACT_CONFIGURATION_SLUG) {
    const message = `There is no artifact configuration with slug '${configuration}' in the project with slug '${projectSlug}'.`;
    throw invalid("artifactConfigurationSlug", message);
  }
  return {
    projectSlug,
    signingPolicySlug,
    description: optionalString(body, "description"),
    hash,
    order: orderOf(data, hash),
    metadata: own(data, "metadata"),
  };
}

function orderOf(data: JsonObject, hash: string): SigningOrder {
  const algorithm = own(data, "signatureAlgorithm");
  if (algorithm === "Rsa") {
    const options = optionsOf(data, "rsaOptions", RSA);
    if (own(data, "ecdsaOptions") !== undefined) throw foreignOptions("ecdsaOptions", algorithm);
    const padding = own(options, "paddingMode") ?? "Pkcs1";
    if (padding !== "Pkcs1" && padding !== "Pss") throw unsupported(`${RSA_FIELD}.paddingMode`, padding);
    const name = rsaHashName(options);
    return {
      algorithm: padding === "Pss" ? "RsaPss" : "RsaPkcs1",
      ...rsaHash(HASH_FIELD, hash, name.algorithm, name.given),
    };
  }
  if (algorithm === "Ecdsa") {
    const options = optionsOf(data, "ecdsaOptions", ECDSA);
    if (own(data, "rsaOptions") !== undefined) throw foreignOptions("rsaOptions", algorithm);
    const format = own(options, "signatureFormat") ?? "Ieee";
    if (format !== "Ieee" && format !== "Asn1") {
      throw unsupported("hashSigningData.ecdsaOptions.signatureFormat", format);
    }
    return { algorithm: "Ecdsa", format, hash: ecdsaHash(HASH_FIELD, hash) };
  }
  throw unsupported("hashSigningData.signatureAlgorithm", algorithm);
}

/** By name or by object identifier; where both are given they must agree. */
function rsaHashName(options: JsonObject): { given: string; algorithm: HashAlgorithm | undefined } {
  const name = optionalString(options, "hashAlgorithmName");
  const oid = optionalString(options, "hashAlgorithmOid");
  if (name === undefined && oid === undefined) {
    throw invalid(RSA_FIELD, "Either hashAlgorithmName or hashAlgorithmOid is required.");
  }
  const named = name === undefined ? oid : oidOfName(name);
  if (named === undefined) return { given: name ?? "", algorithm: undefined };
  if (oid !== undefined && oid !== named) {
    throw invalid(RSA_FIELD, `hashAlgorithmName '${name}' and hashAlgorithmOid '${oid}' do not agree.`);
  }
  const algorithm = hashAlgorithm(named);
  return { given: named, algorithm: algorithm === MD5 ? undefined : algorithm };
}

function optionsOf(data: JsonObject, name: string, known: ReadonlySet<string>): JsonObject {
  const options = own(data, name) ?? {};
  if (!isObject(options)) throw invalid(`hashSigningData.${name}`, `The ${name} field is not an object.`);
  refuseUnknown(options, known, `hashSigningData.${name}`);
  return options;
}

function optionalString(object: JsonObject, name: string): string | undefined {
  const value = own(object, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(name, `The ${name} field is not a string.`);
  return value;
}

function refuseUnknown(object: JsonObject, known: ReadonlySet<string>, path: string): void {
  const name = unknownProperty(object, known);
  if (name !== undefined) throw invalid(path, `The property '${name}' is not known.`);
}

function unsupported(field: string, value: unknown): Refusal {
  // An object of JSON may have a toString of its own, which is no function.
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return invalid(field, `The value '${text}' is not valid.`);
}

function foreignOptions(name: string, algorithm: string): Refusal {
  return invalid(`hashSigningData.${name}`, `The ${name} field does not go with ${algorithm}.`);
}
