import type { PeculiarEngine } from "../peculiar/peculiar.js";
import { membersOf, snapshot } from "./arguments.js";
import { isDomError } from "./errors.js";
import { callNative } from "./native.js";

/** Which arguments of an operation that makes something say what is to be made. */
interface Creation {
  readonly algorithm: number;
  readonly format?: number;
  readonly usages?: number;
}

const CREATIONS = new Map<string, Creation>([
  ["digest", { algorithm: 0 }],
  ["generateKey", { algorithm: 0, usages: 2 }],
  ["importKey", { algorithm: 2, format: 0, usages: 4 }],
]);

/** Hashes of every Node: their data, which may be large, is not copied for a second attempt. */
const NATIVE_HASHES: ReadonlySet<string> = new Set(["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);

/** Makes a key or a hash: Node first, and @peculiar/webcrypto where Node refuses and it can. */
export async function create(operation: string, args: readonly unknown[]): Promise<unknown> {
  const creation = CREATIONS.get(operation);
  if (creation === undefined || hashesNatively(operation, args)) return callNative(operation, args);
  const copies = args.map((argument) => snapshot(argument));
  try {
    return await callNative(operation, args);
  } catch (refusal) {
    if (!(await mayFallBack(operation, creation, copies, refusal))) throw refusal;
    const { loadPeculiar } = await import("../peculiar/peculiar.js");
    const peculiar = await loadPeculiar();
    const format = creation.format === undefined ? undefined : copies[creation.format];
    if (!peculiar.offers(copies[creation.algorithm], format)) throw refusal;
    return instead(peculiar, operation, copies, refusal);
  }
}

/** Asks the library; the refusal of Node is the better answer where it refuses as well. */
export async function instead(
  peculiar: PeculiarEngine,
  operation: string,
  args: readonly unknown[],
  refusal: unknown,
): Promise<unknown> {
  try {
    return await peculiar.call(operation, args);
  } catch (error) {
    throw isDomError(error, "NotSupportedError") ? refusal : error;
  }
}

/**
 * Whether a refusal of Node says that it lacks the algorithm, the curve or the hash; it has one name for all
 * of them. The one other refusal is that of usages which only the library accepts.
 */
async function mayFallBack(
  operation: string,
  { algorithm, usages }: Creation,
  args: readonly unknown[],
  refusal: unknown,
): Promise<boolean> {
  if (isDomError(refusal, "NotSupportedError")) return true;
  if (operation !== "importKey" || usages === undefined || !isDomError(refusal, "SyntaxError")) return false;
  const { importedForeignUsages } = await import("../peculiar/keys.js");
  return importedForeignUsages(membersOf(args[algorithm])?.name ?? "", args[usages]);
}

function hashesNatively(operation: string, [algorithm]: readonly unknown[]): boolean {
  return operation === "digest" && NATIVE_HASHES.has(membersOf(algorithm)?.name.toUpperCase() ?? "");
}
