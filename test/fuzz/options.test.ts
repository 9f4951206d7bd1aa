import fc from "fast-check";
import type { Fault } from "../../src/emulator/faults/fault.js";
import { FaultBook } from "../../src/emulator/faults/fault-book.js";
import { json } from "../../src/emulator/http/reply.js";
import { ALL_ROUTES } from "../../src/emulator/http/router.js";
import type { EmulatorOptions } from "../../src/emulator/options.js";
import { settingsOf } from "../../src/emulator/options.js";
import { seededRandom } from "../../src/emulator/random.js";
import { HOSTILE_NAMES, hostileValues } from "./arbitraries.js";
import { fuzz } from "./harness.js";
import { expectNoCanary, expectOptionalText, expectText } from "./oracles.js";

const VALID: Readonly<Record<string, unknown>> = {
  host: "127.0.0.1",
  port: 0,
  organizationId: "de300000-0000-4000-8000-000000000000",
  apiToken: "AIk/token+value=",
  state: "state",
  faults: [],
  processingMs: 5,
  seed: 5,
  organizations: undefined,
  foreignOrganizationStatus: 404,
  auditLogCapacity: 10,
  approvalsNeeded: 1,
  approvalExpiryMs: 5,
};

/** A refusal may quote what it refuses: nothing here is secret but the token, which is never quoted. */
function orTypeError<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (error.message.startsWith("apiToken")) expectNoCanary(error);
    return undefined;
  }
}

fuzz("options", "options of the emulator are taken as what they must be, or refused with a TypeError", {
  part: 0.5,
  inputs: fc.tuple(
    fc.array(fc.tuple(fc.constantFrom(...Object.keys(VALID), ...HOSTILE_NAMES), hostileValues), {
      maxLength: 3,
    }),
    fc.boolean(),
  ),
  examples: [
    [[["apiToken", ["AIk/token"]]], false],
    [[["organizationId", [VALID["organizationId"]]]], false],
    [[["state", 5]], false],
  ],
  check: ([changes, bare]) => {
    const options = { ...(bare ? {} : VALID), ...Object.fromEntries(changes) } as EmulatorOptions;
    const settings = orTypeError(() => settingsOf(options));
    if (settings === undefined) return;
    expectText(settings.host);
    for (const text of [settings.organizationId, settings.apiToken, settings.state]) expectOptionalText(text);
    for (const number of [settings.port, settings.processingMs, settings.seed ?? 0])
      if (typeof number !== "number") throw new Error("no number");
    orTypeError(() => {
      const book = new FaultBook(seededRandom(1), false);
      for (const fault of settings.faults) book.add(fault);
    });
  },
});

/** One fault of each kind. */
const FAULTS: readonly Fault[] = [
  { kind: "latency", ms: 1 },
  { kind: "status", status: 503, retryAfter: "1", body: "html" },
  { kind: "html" },
  { kind: "redirect", location: "https://elsewhere.test/", status: 302 },
  { kind: "silence" },
  { kind: "reset", when: "body" },
  { kind: "slow-body", bytesPerSecond: 100 },
  { kind: "truncated-body" },
  { kind: "oversized-body", bytes: 100, chunked: true },
  { kind: "malformed-json" },
  { kind: "gzip" },
  { kind: "wrong-content-type", contentType: "text/plain" },
  { kind: "wrong-case" },
  { kind: "missing-field", field: "Signature" },
  { kind: "extra-field", field: "more" },
  { kind: "foreign-echo", field: "oid" },
  { kind: "garbage-certificate" },
  { kind: "other-key" },
  { kind: "other-salt-length", saltLength: 20 },
];

const NAMES = [
  "kind",
  "route",
  "count",
  "probability",
  "ms",
  "status",
  "retryAfter",
  "body",
  "location",
  "when",
];
const MORE_NAMES = ["bytesPerSecond", "bytes", "chunked", "contentType", "field", "saltLength"];

const values = fc.oneof(
  hostileValues,
  fc.constantFrom<unknown>("*", "signHash", "constructor", undefined, "a\r\nB: c"),
);

fuzz("options", "a fault can do what it was ordered to do, or is refused with a TypeError", {
  part: 0.5,
  inputs: fc.tuple(
    fc.constantFrom(...FAULTS),
    fc.array(fc.tuple(fc.constantFrom(...NAMES, ...MORE_NAMES, ...HOSTILE_NAMES), values), { maxLength: 2 }),
  ),
  examples: [
    [{ kind: "redirect", location: "https://elsewhere.test/" }, [["status", "x"]]],
    [{ kind: "missing-field", field: "x" }, [["field", undefined]]],
    [{ kind: "extra-field" }, [["field", Symbol("x")]]],
  ],
  check: ([fault, changes]) => {
    const book = new FaultBook(seededRandom(1), false);
    const ordered = { ...fault, ...Object.fromEntries(changes) } as Fault;
    orTypeError(() => book.add(ordered));
    const reply = json({ Signature: "AAAA", signingPolicies: [{ certificateBytes: "AAAA" }] });
    for (const route of ALL_ROUTES) {
      const effect = book.meet(route)?.fault?.effect;
      if (ordered.kind !== "silence" && ordered.kind !== "reset" && ordered.kind !== "refuse") {
        const { status = 200 } = effect?.intercept?.({ now: new Date() } as never) ?? {};
        if (!Number.isInteger(status) || status < 200 || status > 599)
          throw new Error("there is no such status");
      }
      effect?.alter?.(reply);
    }
  },
});
