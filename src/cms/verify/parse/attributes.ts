import { Fields } from "../asn1/fields.js";
import { LIMITS, Malformed } from "../asn1/limits.js";
import { oidOf } from "../asn1/primitives.js";
import { TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf } from "../asn1/value.js";

/** An attribute (RFC 5652, section 5.3). */
export interface Attribute {
  /** Object identifier. */
  readonly type: string;
  /** At least one. */
  readonly values: readonly Value[];
}

/** @throws {Malformed} */
export function readAttributes(set: Value): Attribute[] {
  return childrenOf(set, LIMITS.attributes).map((each) => {
    const fields = new Fields(each, "Attribute");
    const type = oidOf(fields.take("attrType", TAG.oid));
    const values = childrenOf(fields.take("attrValues", TAG.set), LIMITS.attributes);
    fields.end();
    if (values.length === 0) throw new Malformed(`the attribute ${type} has no value`);
    return { type, values };
  });
}

/** What an attribute that may be there once, with one value, has; or why it is none of that. */
export type Single = { readonly value: Value } | { readonly defect: string } | undefined;

export function single(attributes: readonly Attribute[], type: string, name: string): Single {
  const [found, more] = attributes.filter((each) => each.type === type);
  if (found === undefined) return undefined;
  const [value] = found.values;
  if (more !== undefined) return { defect: `the attribute ${name} is there more than once` };
  if (value === undefined || found.values.length > 1)
    return { defect: `the attribute ${name} has more than one value` };
  return { value };
}
