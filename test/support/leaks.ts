import { inspect } from "node:util";

/** Everything that can be read out of a value: printed, as JSON, by every property and every cause. */
export function everythingIn(value: unknown): string {
  const texts: string[] = [];
  collect(value, texts, new Set());
  return texts.join("\n");
}

function collect(value: unknown, texts: string[], seen: Set<unknown>): void {
  if (typeof value === "string") texts.push(value);
  if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString("latin1"));
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  if (seen.size > 20_000) return;
  const isFirst = seen.size === 0;
  seen.add(value);
  if (isFirst) {
    texts.push(inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }));
    texts.push(String(tried(() => JSON.stringify(value))), String(tried(() => String(value))));
  }
  if (value instanceof Map || value instanceof Set) for (const entry of value) collect(entry, texts, seen);
  for (let object: unknown = value; isOurs(object); object = Object.getPrototypeOf(object)) {
    for (const name of Reflect.ownKeys(object)) {
      texts.push(String(name));
      collect(
        tried(() => Reflect.get(object as object, name, value)),
        texts,
        seen,
      );
    }
  }
}

/** The prototypes of the language itself hold nothing. */
function isOurs(object: unknown): object is object {
  return typeof object === "object" && object !== null && object !== Object.prototype;
}

function tried(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

/** The ways in which a secret may show: as it is, escaped, encoded, or the better part of it. */
export function formsOf(secret: string): string[] {
  return [
    secret,
    secret.slice(0, 12),
    secret.slice(-12),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("hex"),
  ];
}
