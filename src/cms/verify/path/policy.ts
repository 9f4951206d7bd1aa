import { Fields } from "../asn1/fields.js";
import { context } from "../asn1/tags.js";
import { readValue } from "../asn1/value.js";
import type { Extensions } from "./extensions.js";
import { EXTENSION } from "./extensions.js";

/**
 * Whether PolicyConstraints (RFC 5280, section 4.2.1.11) makes a path without a valid policy invalid. Everything else that
 * certificates say of policies has no effect where the one who validates asks for none.
 */
export function requiresExplicitPolicy(extensions: Extensions): boolean {
  const extension = extensions.get(EXTENSION.policyConstraints);
  if (extension === undefined) return false;
  const fields = new Fields(readValue(extension.value), "PolicyConstraints");
  return fields.optional(context(0, "primitive")) !== undefined;
}
