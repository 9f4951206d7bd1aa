import { Fields } from "./fields.js";
import { oidOf } from "./primitives.js";
import { TAG } from "./tags.js";
import type { Value } from "./value.js";

/** AlgorithmIdentifier (RFC 5280, section 4.1.1.2). */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: Value | undefined;
  /** The whole of it. */
  readonly bytes: Uint8Array;
}

export function readAlgorithm(value: Value, tag: number = TAG.sequence): AlgorithmIdentifier {
  const fields = new Fields(value, "AlgorithmIdentifier", tag);
  const oid = oidOf(fields.take("algorithm", TAG.oid));
  const parameters = fields.optional();
  fields.end();
  return { oid, parameters, bytes: value.bytes };
}

/** Whether the parameters are absent or NULL. */
export function hasNoParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters === undefined || (parameters.tag === TAG.null && parameters.content.length === 0);
}
