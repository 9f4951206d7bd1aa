import fc from "fast-check";
import { CANARY } from "./oracles.js";

/** Names that mean something to JavaScript, to the parsers, or to case folding. */
export const HOSTILE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "hasOwnProperty",
  "__defineGetter__",
  "length",
  "0",
  "",
  " ",
  "\ud800",
  "\u0000",
  "\u0130",
  "\u212a",
  "Signature\u0000",
  "polluted",
  CANARY,
];

const POLLUTION = '{"polluted":true,"toString":"polluted","apiToken":"polluted"}';

/** Values as JSON text: of every type, and some that no type of JavaScript holds. */
export const HOSTILE_JSON: readonly string[] = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e999",
  "-1e999",
  "5e-324",
  "9007199254740993",
  "1".repeat(400),
  '""',
  '" "',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000\\u001b[2J\\u202e"',
  '"\\u212a\\u0130"',
  JSON.stringify(CANARY),
  JSON.stringify(`x ${CANARY} x`.repeat(50)),
  `"${[...CANARY].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`,
  `"${"a".repeat(5000)}"`,
  "[]",
  "{}",
  "[[],[]]",
  "[null]",
  '["a",1,{}]',
  `{"__proto__":${POLLUTION}}`,
  `{"constructor":{"prototype":${POLLUTION}}}`,
  `[{"__proto__":${POLLUTION}}]`,
  '{"toString":1,"valueOf":1}',
  '{"toString":null,"toJSON":"x","then":"x","length":-1}',
  '{"length":4294967295,"0":"a"}',
  `${"[".repeat(200)}${"]".repeat(200)}`,
  `${'{"a":'.repeat(200)}1${"}".repeat(200)}`,
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "undefined",
  "NaN",
  "'a'",
  "[1,]",
  "{a:1}",
];

/** JSON text as a tree whose leaves may be any text. */
type Node =
  | { readonly kind: "object"; readonly members: [string, Node][] }
  | { readonly kind: "array"; readonly entries: Node[] }
  | { readonly kind: "raw"; text: string };

function treeOf(value: unknown): Node {
  if (Array.isArray(value)) return { kind: "array", entries: value.map(treeOf) };
  if (typeof value === "object" && value !== null) {
    return { kind: "object", members: Object.entries(value).map(([name, inner]) => [name, treeOf(inner)]) };
  }
  return { kind: "raw", text: JSON.stringify(value) ?? "null" };
}

function textOf(node: Node): string {
  if (node.kind === "raw") return node.text;
  if (node.kind === "array") return `[${node.entries.map(textOf).join(",")}]`;
  return `{${node.members.map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`).join(",")}}`;
}

/** Every object in a tree, the outermost first. */
function objectsIn(node: Node): Extract<Node, { kind: "object" }>[] {
  if (node.kind === "raw") return [];
  const inner = node.kind === "array" ? node.entries : node.members.map(([, value]) => value);
  return [...(node.kind === "object" ? [node] : []), ...inner.flatMap(objectsIn)];
}

interface Change {
  readonly what: "replace" | "add" | "repeat" | "remove" | "recase" | "rename" | "wrap";
  readonly object: number;
  readonly member: number;
  readonly name: string;
  readonly value: string;
}

const changes: fc.Arbitrary<Change> = fc.record({
  what: fc.constantFrom("replace", "replace", "add", "repeat", "remove", "recase", "rename", "wrap"),
  object: fc.nat(7),
  member: fc.nat(11),
  name: fc.oneof(fc.constantFrom(...HOSTILE_NAMES), fc.string({ maxLength: 4 })),
  value: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_JSON) },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)) },
  ),
});

function change(tree: Node, { what, object, member, name, value }: Change): void {
  const objects = objectsIn(tree);
  const members = objects[object % objects.length]?.members;
  const found = members?.[member % members.length];
  if (members === undefined) return;
  if (what === "add" || found === undefined) {
    members.splice(member % (members.length + 1), 0, [name, { kind: "raw", text: value }]);
    return;
  }
  const at = members.indexOf(found);
  const [own, inner] = found;
  if (what === "replace") members[at] = [own, { kind: "raw", text: value }];
  else if (what === "repeat") members.push([own, { kind: "raw", text: value }]);
  else if (what === "remove") members.splice(at, 1);
  else if (what === "recase") members[at] = [member % 2 === 0 ? own.toUpperCase() : own.toLowerCase(), inner];
  else if (what === "rename") members[at] = [name, inner];
  else members[at] = [own, { kind: "array", entries: [inner, { kind: "raw", text: value }] }];
}

/** One of some values as JSON, mostly with something wrong. */
export function spoiltJson(...values: readonly unknown[]): fc.Arbitrary<string> {
  const whole = fc
    .tuple(fc.constantFrom(...values), fc.array(changes, { maxLength: 3 }))
    .map(([value, list]) => {
      const tree = treeOf(value);
      for (const each of list) change(tree, each);
      return textOf(tree);
    });
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 3, arbitrary: spoiltText(whole) },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_JSON) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  );
}

/** What a value of a setting or an option may be given as. */
export const hostileValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    10n,
    Symbol("polluted"),
    "",
    " ",
    "\u0000",
    "\ud800",
    "a\r\nb",
    "true",
    "12",
    "1e999",
    "__proto__",
    CANARY,
    ` ${CANARY} ${CANARY}`,
    `Bearer ${CANARY}`,
    `encrypted:${CANARY}`,
    `https://user:${CANARY}@example.test/`,
    `https://example.test/?token=${CANARY}`,
    "https://[::1",
    "http://example.test:99999",
    "x".repeat(10_000),
    `https://example.test/${"/".repeat(2000)}x`,
    [],
    [CANARY],
    {},
    { toString: 1, valueOf: 1 },
    Object.create(null),
    new Date(Number.NaN),
    new Uint8Array(3),
    new Map([["apiToken", CANARY]]),
    () => CANARY,
    () => Promise.reject(new Error("no")),
  ),
  fc.constantFrom(...HOSTILE_JSON.filter(({ length }) => length < 2000)).map((text) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }),
  fc.string({ maxLength: 20 }),
  fc.double(),
);

/** Text with characters changed, removed, repeated or put in. */
export function spoiltText(texts: fc.Arbitrary<string>, ...pieces: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    what: fc.constantFrom("set", "insert", "remove", "repeat", "cut"),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 40 }),
    piece: fc.oneof(
      fc.constantFrom("", "\u0000", "\ud800", "\r\n", "\n", '"', "\\", "{", "}", "=", "-", ...pieces),
      fc.string({ maxLength: 3, unit: "binary" }),
    ),
  });
  return fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) => {
    let spoilt = text;
    for (const { what, at, length, piece } of edits) {
      const start = at % (spoilt.length + 1);
      const [head, middle, tail] = [
        spoilt.slice(0, start),
        spoilt.slice(start, start + length),
        spoilt.slice(start + length),
      ];
      if (what === "set") spoilt = head + piece + spoilt.slice(start + 1);
      else if (what === "insert") spoilt = head + piece + middle + tail;
      else if (what === "remove") spoilt = head + tail;
      else if (what === "repeat") spoilt = head + middle + middle + tail;
      else spoilt = head;
    }
    return spoilt;
  });
}

/** Bytes with bits flipped, lengths blown up, ranges removed or repeated. */
export function spoiltBytes(originals: readonly Uint8Array[]): fc.Arbitrary<Buffer<ArrayBuffer>> {
  const edit = fc.record({
    what: fc.constantFrom("flip", "flip", "set", "length", "insert", "remove", "repeat", "cut"),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 64 }),
    value: fc.oneof(fc.constantFrom(0, 1, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff), fc.nat(255)),
  });
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([original, edits]) => {
      let bytes = Buffer.from(original);
      for (const { what, at, length, value } of edits) {
        const start = at % (bytes.length + 1);
        const [head, tail] = [bytes.subarray(0, start), bytes.subarray(start + length)];
        if (what === "flip") bytes[start] = (bytes[start] ?? 0) ^ (1 << (value % 8));
        else if (what === "set") bytes[start] = value;
        // A length in the long form, which promises more than there is.
        else if (what === "length")
          bytes.set([0x84, 0x7f, value, 0xff].slice(0, bytes.length - start), start);
        else if (what === "insert")
          bytes = Buffer.concat([head, Buffer.alloc(length, value), bytes.subarray(start)]);
        else if (what === "remove") bytes = Buffer.concat([head, tail]);
        else if (what === "repeat")
          bytes = Buffer.concat([bytes.subarray(0, start + length), bytes.subarray(start)]);
        else bytes = Buffer.from(head);
      }
      return bytes;
    });
}
