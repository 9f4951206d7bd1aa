import type { JsonObject } from "../json.js";
import { isObject, own } from "../json.js";
import type { Build } from "./entry.js";

/** Who asked, as far as the metadata says so. */
export interface ProcessFacts {
  readonly commandLine: string | undefined;
  readonly processUser: string | undefined;
  readonly build: Build | undefined;
}

const NONE: ProcessFacts = { commandLine: undefined, processUser: undefined, build: undefined };
/** Thousands of entries have the same metadata. */
const KNOWN = new WeakMap<object, ProcessFacts>();

/** Reads the metadata of either route: `CreatingProcess` and `Build`, or `sourceProcess` and `build`. */
export function processFacts(metadata: unknown): ProcessFacts {
  if (!isObject(metadata)) return NONE;
  const known = KNOWN.get(metadata);
  if (known !== undefined) return known;
  const facts = read(metadata);
  KNOWN.set(metadata, facts);
  return facts;
}

function read(metadata: JsonObject): ProcessFacts {
  const process = member(metadata, "CreatingProcess") ?? member(metadata, "sourceProcess");
  return {
    commandLine: text(process, "CommandLine") ?? text(process, "commandLine"),
    processUser: text(process, "User") ?? text(process, "user"),
    build: buildOf(member(metadata, "Build") ?? member(metadata, "build")),
  };
}

function buildOf(build: JsonObject | undefined): Build | undefined {
  if (build === undefined) return undefined;
  const url = text(build, "Url") ?? text(build, "url");
  const facts = {
    url: isLink(url) ? url : undefined,
    commit: text(build, "Commit") ?? text(build, "commit"),
    job: text(build, "Job") ?? text(build, "job"),
  };
  return Object.values(facts).some((fact) => fact !== undefined) ? facts : undefined;
}

/** A person may follow it: no `javascript:`. */
function isLink(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function member(value: unknown, name: string): JsonObject | undefined {
  const found = isObject(value) ? own(value, name) : undefined;
  return isObject(found) ? found : undefined;
}

function text(object: JsonObject | undefined, name: string): string | undefined {
  const value = object && own(object, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}
