import type { Name } from "@peculiar/x509";
import { refused, x509 } from "./signer.js";

/** A distinguished name: a text (RFC 4514), or a `Name` or its JSON of @peculiar/x509. */
export type DistinguishedName = ConstructorParameters<typeof Name>[0] | Name;

/** @throws {SignPathError} `CONFIG_INVALID` for what is none, or is one in part */
export function distinguishedName(given: DistinguishedName | undefined): Name | undefined {
  if (given === undefined || given instanceof x509.Name) return given;
  const name = readName(given);
  // It takes what is no name for an empty one.
  const isWhole = typeof given === "string" ? isReadWhole(given, name) : name?.toJSON().length !== 0;
  if (name !== undefined && isWhole) return name;
  throw refused("the subject cannot be read: it must be a distinguished name as CN=Name, O=Organization");
}

function readName(given: DistinguishedName): Name | undefined {
  try {
    // One of another copy of @peculiar/x509 is not known as such.
    const isForeign = typeof given === "object" && "toArrayBuffer" in given;
    return new x509.Name(isForeign ? given.toArrayBuffer() : given);
  } catch {
    return undefined;
  }
}

/** Whether each part of a text became an attribute: @peculiar/x509 passes over what it cannot read. */
function isReadWhole(text: string, name: Name | undefined): boolean {
  if (text === "") return true;
  const parts = text.replace(/\\.|"(?:\\.|[^"\\])*"/gs, "x").split(/[,+]/);
  const attributes = name?.toJSON().flatMap((each) => Object.values(each).flat()) ?? [];
  return (
    attributes.length === parts.length && parts.every((part) => /^\s*(?:\d[\d.]*|[A-Za-z]+)=/.test(part))
  );
}
