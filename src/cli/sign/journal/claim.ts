import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import * as v from "valibot";

/** Who it is that wants a lock or has it. */
export interface Claim {
  readonly host: string;
  /** Of the running system: another one after each start; empty where that cannot be told. */
  readonly boot: string;
  /** Within which process ids mean something: containers have their own. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process began, by the system's clock ticks; empty where that cannot be told. */
  readonly started: string;
}

const CLAIM: v.GenericSchema<unknown, Claim> = v.strictObject({
  host: v.string(),
  boot: v.string(),
  namespace: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  started: v.string(),
});

export function ownClaim(): Claim {
  return {
    host: hostname(),
    boot: read("/proc/sys/kernel/random/boot_id"),
    namespace: namespaceOf(),
    pid: process.pid,
    started: startOf(process.pid) ?? "",
  };
}

/** @returns `undefined` for what is none, or not yet wholly written */
export function parseClaim(text: string): Claim | undefined {
  try {
    const parsed = v.safeParse(CLAIM, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process lives that made a claim; `undefined` where only its heartbeat can tell: it is on another machine, in
 * another container, or the system does not say when a process began, and the number may be another one's by now.
 */
export function isAlive(claim: Claim, own: Claim): boolean | undefined {
  const isHere = claim.host === own.host && claim.namespace === own.namespace;
  if (!isHere) return undefined;
  if (claim.boot !== own.boot) return own.boot === "" || claim.boot === "" ? undefined : false;
  if (claim.started !== "") return startOf(claim.pid) === claim.started;
  return exists(claim.pid) ? undefined : false;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return error instanceof Error && Reflect.get(error, "code") === "EPERM";
  }
}

/** Field 22 of /proc/PID/stat. The second one is a name in brackets, which may hold anything. A zombie has ended. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : fields[18];
}

function namespaceOf(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return process.platform;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
