import type { Fault } from "./fault.js";
import type { FieldType } from "./fields.js";
import { assertFields, fieldsOf } from "./fields.js";

/** How text and JSON write the count that has no end. */
export const ENDLESS = "inf";

/**
 * Reads a fault from text: `KIND[=VALUE][,FIELD=VALUE]...`, where the first value is that of the kind's first field
 * (`status=429,retryAfter=1,count=inf`), or its JSON, which is for values with a comma in them.
 *
 * @throws TypeError
 */
export function parseFault(text: string): Fault {
  if (text.trimStart().startsWith("{")) return parseFaultJson(text);
  const [first = "", ...rest] = text.split(",");
  const [kind, value] = divided(first);
  const fields = fieldsOf(kind);
  const fault: Record<string, unknown> = { kind };
  const [leading] = Object.keys(fields);
  const given = rest.map(divided);
  if (value !== undefined && leading !== undefined) given.unshift([leading, value]);
  for (const [name, written] of given) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined || written === undefined) {
      throw new TypeError(
        field === undefined
          ? `The fault '${kind}' has no field '${name}'; it has ${Object.keys(fields).join(", ")}.`
          : `${name} needs a value: ${name}=VALUE.`,
      );
    }
    if (Object.hasOwn(fault, name)) throw new TypeError(`${name} is given twice.`);
    fault[name] = fieldValue(name, field.type, written);
  }
  return checked(fault);
}

/**
 * The fault that a JSON object is: the same fields, and `"inf"` for the count that has no end.
 *
 * @throws TypeError
 */
export function faultOfJson(object: Readonly<Record<string, unknown>>): Fault {
  return checked(object["count"] === ENDLESS ? { ...object, count: Number.POSITIVE_INFINITY } : object);
}

function parseFaultJson(text: string): Fault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TypeError("That begins like JSON, and is none.");
  }
  return faultOfJson(value as Readonly<Record<string, unknown>>);
}

/** The fields have been looked at, which is more than the type says; their values are the book's to judge. */
function checked(fault: object): Fault {
  assertFields(fault);
  return fault as Fault;
}

function divided(item: string): [name: string, value: string | undefined] {
  const at = item.indexOf("=");
  return at === -1 ? [item.trim(), undefined] : [item.slice(0, at).trim(), item.slice(at + 1).trim()];
}

function fieldValue(name: string, type: FieldType, text: string): unknown {
  if (name === "count" && text === ENDLESS) return Number.POSITIVE_INFINITY;
  if (type === "number") {
    const number = text === "" ? Number.NaN : Number(text);
    if (Number.isNaN(number)) throw new TypeError(`${name} must be a number, not '${text}'.`);
    return number;
  }
  if (type === "flag" && (text === "true" || text === "false")) return text === "true";
  return text;
}
