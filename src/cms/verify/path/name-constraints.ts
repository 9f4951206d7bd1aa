import { Fields } from "../asn1/fields.js";
import { LIMITS, Malformed } from "../asn1/limits.js";
import { hexOf } from "../asn1/primitives.js";
import { context } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf, readValue } from "../asn1/value.js";
import type { Certificate } from "./certificate.js";
import { isSelfIssued } from "./certificate.js";
import { EXTENSION } from "./extensions.js";
import type { Name } from "./name.js";
import { isWithin, readName } from "./name.js";

/** Kinds of GeneralName (RFC 5280, section 4.2.1.6) by their context-specific tags. */
const KIND = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87 } as const;
const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

type GeneralName =
  | { readonly tag: typeof KIND.directory; readonly name: Name }
  | { readonly tag: number; readonly content: Uint8Array };

/**
 * The names of a certificate that a constraint of one above it (section 4.2.1.10) does not allow; `undefined` where it
 * allows them all.
 *
 * @param below - the certificates below the one with the constraint, the signer's first
 */
export function constraintBroken(
  constraining: Certificate,
  below: readonly Certificate[],
): string | undefined {
  const extension = constraining.extensions.get(EXTENSION.nameConstraints);
  if (extension === undefined) return undefined;
  const fields = new Fields(readValue(extension.value), "NameConstraints");
  const permitted = subtreesOf(fields.optional(context(0, "constructed")));
  const excluded = subtreesOf(fields.optional(context(1, "constructed")));
  fields.end();
  for (const [index, certificate] of below.entries()) {
    // Certificates of an authority for itself are exempt, but the last one of a path is not (section 6.1.3 (b)).
    if (index > 0 && isSelfIssued(certificate)) continue;
    for (const name of namesOf(certificate)) {
      const same = permitted.filter(({ tag }) => tag === name.tag);
      const isPermitted = same.length === 0 || same.some((base) => covers(base, name));
      const isExcluded = excluded.some((base) => base.tag === name.tag && covers(base, name));
      if (!isPermitted || isExcluded) return describe(name);
    }
  }
  return undefined;
}

function subtreesOf(list: Value | undefined): GeneralName[] {
  if (list === undefined) return [];
  return childrenOf(list, LIMITS.attributes).map((each) => {
    const fields = new Fields(each, "GeneralSubtree");
    const base = readGeneralName(fields.take("base"));
    if (fields.optional(context(1, "primitive")) !== undefined)
      throw new Malformed("a name constraint has a maximum");
    fields.optional(context(0, "primitive"));
    fields.end();
    return base;
  });
}

function readGeneralName(value: Value): GeneralName {
  if (value.tag !== KIND.directory) return { tag: value.tag, content: value.content };
  const [name] = childrenOf(value, 1);
  if (name === undefined) throw new Malformed("a directory name is empty");
  return { tag: KIND.directory, name: readName(name) };
}

/** The subject, unless it is empty, the alternative names, and e-mail addresses in the subject where there are none. */
function namesOf({ subject, extensions }: Certificate): GeneralName[] {
  const names: GeneralName[] = subject.length === 0 ? [] : [{ tag: KIND.directory, name: subject }];
  const alternative = extensions.get(EXTENSION.subjectAltName);
  if (alternative !== undefined)
    names.push(...childrenOf(readValue(alternative.value), LIMITS.attributes * 10).map(readGeneralName));
  if (names.some(({ tag }) => tag === KIND.email)) return names;
  for (const part of subject) {
    for (const attribute of JSON.parse(part) as string[]) {
      if (!attribute.startsWith(`${EMAIL_ADDRESS}=`)) continue;
      const content = Buffer.from(attribute.slice(EMAIL_ADDRESS.length + 1));
      names.push({ tag: KIND.email, content });
    }
  }
  return names;
}

/** Whether a name is within a subtree of its own kind; a kind that is not known is within every one that is excluded. */
function covers(base: GeneralName, name: GeneralName): boolean {
  if ("name" in base || "name" in name)
    return "name" in base && "name" in name && isWithin(name.name, base.name);
  switch (base.tag) {
    case KIND.email:
      return emailWithin(textOf(name.content), textOf(base.content));
    case KIND.dns:
      return hostWithin(textOf(name.content), textOf(base.content));
    case KIND.uri:
      return uriWithin(textOf(name.content), textOf(base.content));
    case KIND.ip:
      return addressWithin(name.content, base.content);
    default:
      throw new Malformed("a name constraint is of a kind that is not known");
  }
}

function textOf(content: Uint8Array): string {
  return Buffer.from(content).toString("latin1").toLowerCase();
}

/** `host` or a host below it. */
function hostWithin(host: string, base: string): boolean {
  if (base === "" || host === base) return true;
  return host.endsWith(base.startsWith(".") ? base : `.${base}`);
}

/** A mailbox, all of a host, or of all hosts below a domain that begins with a dot. */
function emailWithin(address: string, base: string): boolean {
  if (base === "") return true;
  if (base.includes("@")) return address === base;
  const host = address.slice(address.lastIndexOf("@") + 1);
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

function uriWithin(uri: string, base: string): boolean {
  if (!URL.canParse(uri)) throw new Malformed("a URI with a name constraint cannot be read");
  const host = new URL(uri).hostname;
  if (host === "") throw new Malformed("a URI with a name constraint has no host");
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

/** An address and a mask (RFC 4632), as long as each other. */
function addressWithin(address: Uint8Array, base: Uint8Array): boolean {
  if (base.length !== 8 && base.length !== 32)
    throw new Malformed("a name constraint on addresses has a wrong length");
  if (base.length !== 2 * address.length) return false;
  return address.every((byte, index) => {
    const mask = base[address.length + index] ?? 0;
    return (byte & mask) === ((base[index] ?? 0) & mask);
  });
}

function describe(name: GeneralName): string {
  if ("name" in name) return name.name.join(", ");
  return name.tag === KIND.ip ? hexOf(name.content) : textOf(name.content);
}
