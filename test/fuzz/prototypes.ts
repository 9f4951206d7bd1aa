import { ORGANIZATION } from "../config/support.js";

/** A token that is nowhere but in what is planted. */
export const STOLEN = "stolen+Token/0123456789";

/** What a payload tries to plant: settings, variables, members of answers and of orders, methods. */
const PLANTED = `{
  "apiToken": "${STOLEN}", "ApiToken": "${STOLEN}", "organizationId": "${ORGANIZATION}",
  "SIGNPATH_API_TOKEN": "${STOLEN}", "HTTPS_PROXY": "elsewhere.test:80", "NO_PROXY": "*",
  "apiUrl": "https://elsewhere.test/", "allowInsecureHttp": true, "verifySignatures": false,
  "projectSlug": "demo", "signingPolicySlug": "p-256", "name": "ECDSA", "hash": "SHA-256",
  "signature": "AAAA", "Signature": "AAAA", "status": "Completed", "isFinalStatus": true,
  "signingPolicies": [], "certificateBytes": "AAAA", "toString": "polluted", "polluted": true,
  "kind": "html", "requestsPerSecond": 5, "newKey": true, "faults": [{"kind": "html"}]
}`;

/** The ways to a prototype, as members of JSON. */
export const WAYS: readonly (readonly [string, string])[] = [
  ["__proto__", `"__proto__": ${PLANTED}`],
  ["__proto__ twice", `"__proto__": {"__proto__": ${PLANTED}}`],
  ["__proto__ in another case", `"__PROTO__": ${PLANTED}`],
  ["constructor.prototype", `"constructor": {"prototype": ${PLANTED}}`],
  ["__proto__ of an array", `"0": {"__proto__": ${PLANTED}}, "length": {"__proto__": ${PLANTED}}`],
];

const WATCHED: readonly [string, object][] = [
  ["Object", Object.prototype],
  ["Array", Array.prototype],
  ["Function", Function.prototype],
  ["String", String.prototype],
  ["Map", Map.prototype],
  ["Error", Error.prototype],
  ["Uint8Array", Uint8Array.prototype],
];

const before: readonly ReadonlyMap<PropertyKey, PropertyDescriptor | undefined>[] = WATCHED.map(
  ([, prototype]) =>
    new Map(
      Reflect.ownKeys(prototype).map((name) => [name, Reflect.getOwnPropertyDescriptor(prototype, name)]),
    ),
);

/** What has changed in a prototype of the language since the file was loaded; `undefined` where nothing has. */
export function pollution(): string | undefined {
  for (const [index, [name, prototype]] of WATCHED.entries()) {
    const known = before[index];
    if (Reflect.ownKeys(prototype).length !== known?.size) return `${name}.prototype has other members`;
  }
  // The one that everything inherits from is looked at closely.
  for (const [name, descriptor] of before[0] ?? []) {
    const now = Reflect.getOwnPropertyDescriptor(Object.prototype, name);
    if (now?.value !== descriptor?.value || now?.get !== descriptor?.get || now?.set !== descriptor?.set)
      return `Object.prototype.${String(name)} is another one`;
  }
  return undefined;
}
