import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Readable } from "node:stream";
import { onTestFinished, vi } from "vitest";
import { signCms } from "../../src/cms/sign/sign-cms.js";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import type { SigningPolicy, SignPathOptions } from "../../src/index.js";
import type { SignPath } from "../../src/signpath.js";
import { RSA, sha256 } from "./routes.js";

/** What a point is reached with. */
export interface Bench {
  readonly emulator: Emulator;
  readonly signpath: SignPath;
  readonly policy: SigningPolicy;
  /** Holds back the tokens of the requests that come, until it is called again. */
  readonly holdTokens: (hold: boolean) => void;
  /** Requests that the emulator received since the bench was made. */
  readonly received: () => readonly string[];
}

/** A moment in a call's life at which its signal can fire. */
export interface AbortPoint {
  readonly title: string;
  readonly options?: SignPathOptions;
  /** Requests tried by then. */
  readonly attempts: number;
  /** Begins the call and comes back at the moment; what it gives back ends with the call. */
  readonly reach: (bench: Bench, signal: AbortSignal) => Promise<{ call: Promise<unknown> }>;
  /** Whether the signing request is known by then. */
  readonly namesRequest?: boolean;
}

const HASH = sha256("what is aborted");

function sign({ policy }: Bench, signal: AbortSignal): Promise<unknown> {
  const call = policy.signHash(HASH, RSA.algorithm, { signal });
  // It is looked at later.
  call.catch(() => undefined);
  return call;
}

/** The call has sent a request to a route that does not answer well. */
function at(
  title: string,
  route: NonNullable<Fault["route"]>,
  fault: Fault,
  more: Partial<AbortPoint> = {},
): AbortPoint {
  return {
    title,
    attempts: 1,
    async reach(bench, signal) {
      bench.emulator.addFault({ ...fault, route });
      const call = sign(bench, signal);
      await vi.waitFor(() => {
        if (!bench.received().includes(route)) throw new Error(`nothing was sent to ${route}`);
      });
      return { call };
    },
    ...more,
  };
}

/** The call waits to be repeated. */
function pausing(title: string, retryAfter: string | undefined): AbortPoint {
  return {
    title,
    attempts: 1,
    async reach(bench, signal) {
      // As long a pause as can be drawn.
      vi.spyOn(Math, "random").mockReturnValue(0.999);
      const fault = { kind: "status", status: 503, route: "signingRequests" } as const;
      bench.emulator.addFault(retryAfter === undefined ? fault : { ...fault, retryAfter });
      const pauses = eventsOf("retry");
      const call = sign(bench, signal);
      await vi.waitFor(() => {
        if (pauses() === 0) throw new Error("the call does not pause");
      });
      return { call };
    },
  };
}

function eventsOf(type: string): () => number {
  let count = 0;
  const listener = (event: unknown): void => {
    if ((event as { type: string }).type === type) count++;
  };
  subscribe("signpath:request", listener);
  onTestFinished(() => void unsubscribe("signpath:request", listener));
  return () => count;
}

/** The call waits for the rest of its source. */
function reading(
  title: string,
  source: (pending: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  start: (bench: Bench, source: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<unknown>,
): AbortPoint {
  return {
    title,
    attempts: 0,
    async reach(bench, signal) {
      let isAsked = false;
      async function* pending(): AsyncGenerator<Uint8Array, void, void> {
        yield Buffer.from("the first chunk");
        isAsked = true;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        yield Buffer.from("a chunk that comes too late");
      }
      const call = start(bench, source(pending()), signal);
      call.catch(() => undefined);
      await vi.waitFor(() => {
        if (!isAsked) throw new Error("the source is not read");
      });
      return { call };
    },
  };
}

const ASYNCHRONOUS: Partial<AbortPoint> = { options: { route: "asynchronous" } };
const FOLLOWING: Partial<AbortPoint> = { ...ASYNCHRONOUS, namesRequest: true };
const SILENCE: Fault = { kind: "silence" };

/** Every await of a call, in the order of its life. */
export const POINTS: readonly AbortPoint[] = [
  {
    title: "before the call",
    attempts: 0,
    reach: async (bench, signal) => ({
      call: new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => sign(bench, signal).then(resolve, reject), { once: true });
      }),
    }),
  },
  reading(
    "while a source is read for signStream",
    (pending) => pending,
    ({ policy }, source, signal) => policy.signStream(source, RSA.algorithm, { signal }),
  ),
  reading(
    "while a stream is read for signStream",
    (pending) => Readable.from(pending),
    ({ policy }, source, signal) => policy.signStream(source, RSA.algorithm, { signal }),
  ),
  ...[true, false].map((detached) =>
    reading(
      `while a source is read for a ${detached ? "detached" : "attached"} CMS signature`,
      (pending) => pending,
      ({ policy }, source, signal) => signCms(source, { policy, detached, signal }),
    ),
  ),
  {
    title: "in the queue",
    attempts: 0,
    async reach(bench, signal) {
      bench.emulator.addFault({ kind: "latency", ms: 150, route: "signingRequests" });
      const before = bench.policy.signHash(sha256("in front"), RSA.algorithm);
      const call = sign(bench, signal);
      await vi.waitFor(() => {
        if (bench.received().length === 0) throw new Error("the one in front has not been sent");
      });
      return { call: Promise.all([call, before]) };
    },
  },
  {
    title: "while the token is fetched",
    attempts: 0,
    async reach(bench, signal) {
      bench.holdTokens(true);
      const call = sign(bench, signal);
      await new Promise((resolve) => setImmediate(resolve));
      return { call: call.finally(() => bench.holdTokens(false)) };
    },
  },
  at("after the request is sent", "signingRequests", SILENCE),
  at("after a SignHash request is sent", "signHash", SILENCE, { options: { route: "sign-hash" } }),
  at("while the body arrives", "signingRequests", { kind: "slow-body", bytesPerSecond: 20 }),
  pausing("while it waits to be repeated", undefined),
  pausing("while it waits for as long as Retry-After says", "60"),
  at("while an asynchronous request is submitted", "signingRequests", SILENCE, ASYNCHRONOUS),
  at("while the status is asked for", "signingRequestStatus", SILENCE, FOLLOWING),
  {
    title: "between two looks at the status",
    options: { route: "asynchronous" },
    attempts: 1,
    namesRequest: true,
    async reach(bench, signal) {
      const policy = await bench.signpath.policy("demo/approval");
      const answers = eventsOf("answer");
      const call = policy.signHash(HASH, RSA.algorithm, { signal });
      call.catch(() => undefined);
      await vi.waitFor(() => {
        if (answers() < 2) throw new Error("there was no look at the status");
      });
      return { call };
    },
  },
  at("while the signed artifact is fetched", "signedArtifact", SILENCE, FOLLOWING),
];
