import fc from "fast-check";
import { MultipartError, parseMultipart } from "../../src/emulator/http/multipart.js";
import { parseParameters } from "../../src/emulator/http/parameters.js";
import { Refusal } from "../../src/emulator/http/reply.js";
import { routeOf } from "../../src/emulator/http/router.js";
import { boundaryOf, readForm } from "../../src/emulator/submission/form.js";
import { field, file, multipart, rsaPayload } from "../emulator/support.js";
import { HOSTILE_NAMES, spoiltBytes, spoiltText } from "./arbitraries.js";
import { fuzz } from "./harness.js";
import { attempt } from "./oracles.js";

const BOUNDARY = "signpath-0123456789abcdef";

const FIELDS = [
  field("ProjectSlug", "demo"),
  field("SigningPolicySlug", "rsa-2048"),
  field("IsFastSigningRequest", "true"),
  file(JSON.stringify(rsaPayload())),
];

/** Forms that are right, or strange but allowed, or wrong as a whole. */
const FORMS: readonly Buffer[] = [
  multipart(BOUNDARY, FIELDS),
  multipart(BOUNDARY, [
    ...FIELDS,
    field("Description", "text"),
    field("ArtifactConfigurationSlug", "initial"),
  ]),
  multipart(BOUNDARY, [...FIELDS, ...HOSTILE_NAMES.map((name) => field(name, name))]),
  multipart(BOUNDARY, [...FIELDS, ...FIELDS]),
  multipart(BOUNDARY, FIELDS, "--"),
  Buffer.from(multipart(BOUNDARY, FIELDS).toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
  Buffer.concat([Buffer.from("preamble\r\n"), multipart(BOUNDARY, FIELDS)]),
];

const PIECES = [
  `--${BOUNDARY}`,
  `\r\n--${BOUNDARY}`,
  `\r\n--${BOUNDARY}--`,
  "--",
  "\r\n\r\n",
  "\r",
  "\n",
  " \t",
  ":",
  ";",
  "name=",
  'name="',
  "filename=a",
  "Content-Disposition: form-data; name=__proto__",
  "Content-Disposition:",
  "\\",
];

const forms = fc.oneof(
  spoiltBytes(FORMS),
  spoiltText(
    fc.constantFrom(...FORMS).map((form) => form.toString("latin1")),
    ...PIECES,
  ).map((text) => Buffer.from(text, "latin1")),
  fc.array(fc.constantFrom(...PIECES, "x"), { maxLength: 30 }).map((list) => Buffer.from(list.join(""))),
);

function orRefused(action: () => unknown, ...statuses: readonly number[]): void {
  const refusal = attemptRefusal(action);
  if (refusal !== undefined && !statuses.includes(refusal.reply.status))
    throw new Error(`refused with ${refusal.reply.status}`);
}

function attemptRefusal(action: () => unknown): Refusal | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

fuzz("multipart", "a form is split into parts that lie in it, or refused", {
  part: 0.6,
  inputs: fc.tuple(
    forms,
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(BOUNDARY) },
      { weight: 1, arbitrary: fc.constantFrom("", "-", " ", "x ", "--", "a".repeat(71), "\u00e4", "\r\n") },
    ),
  ),
  check: ([body, boundary]) => {
    const parts = attempt(() => parseMultipart(body, boundary), MultipartError);
    for (const { name, fileName, content } of parts ?? []) {
      if (typeof name !== "string" || (fileName !== undefined && typeof fileName !== "string"))
        throw new Error("a name is none");
      if (content.buffer !== body.buffer || content.includes(`\r\n--${boundary}`))
        throw new Error("it is not of the body");
    }
    orRefused(() => readForm(body, boundary), 400);
  },
});

fuzz("multipart", "a header with parameters is read or refused", {
  part: 0.3,
  inputs: spoiltText(
    fc.constantFrom(
      `multipart/form-data; boundary=${BOUNDARY}`,
      `MULTIPART/FORM-DATA; charset=utf-8; boundary="a b\\"c"`,
      'form-data; name="__proto__"; filename="\\\\"',
      `form-data${"; a=b".repeat(200)}`,
      `form-data${';a="\\'.repeat(200)}`,
    ),
    ";",
    "=",
    '"',
    "\\",
    "boundary",
    "; ",
    "\t",
  ),
  check: (text) => {
    const parsed = parseParameters(text);
    for (const [name, value] of parsed?.parameters ?? [])
      if (typeof value !== "string" || name !== name.toLowerCase()) throw new Error("no parameter");
    orRefused(() => boundaryOf(text), 400, 415);
  },
});

const ID = "de300000-0000-4000-8000-000000000000";

/** What is found at no path, and what decides by itself. */
const ROUTES_WITHOUT_METHOD: ReadonlySet<string> = new Set(["unknown", "admin"]);

fuzz("multipart", "any path has a route of the emulator", {
  part: 0.1,
  inputs: spoiltText(
    fc.constantFrom(
      `/Api/v1/${ID}/SigningRequests/${ID}/Status`,
      `/Api/v1/${ID}/Cryptoki/MySigningPolicies/`,
      `/Web/${ID}/SigningRequests/${ID}`,
      "/ca.pem",
      "/",
    ),
    "/",
    "..",
    "%2f",
    "__proto__",
    "constructor",
    "\u0130",
  ),
  check: (path) => {
    const { route, method } = routeOf(path);
    if (!ROUTES_WITHOUT_METHOD.has(route) && !/^(?:GET|POST)$/.test(method ?? ""))
      throw new Error("no route");
  },
});
