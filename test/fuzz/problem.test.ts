import { readFileSync } from "node:fs";
import fc from "fast-check";
import { statusFailure } from "../../src/api/transport/failure.js";
import { SIGNPATH } from "../../src/api/transport/peer.js";
import { readServerWords } from "../../src/api/transport/problem.js";
import { parseRetryAfter } from "../../src/api/transport/retry.js";
import { ApiToken } from "../../src/config/token.js";
import { HOSTILE_JSON, spoiltJson, spoiltText } from "./arbitraries.js";
import { fuzz } from "./harness.js";
import { CANARY, expectCoded, expectNoCanary, expectText } from "./oracles.js";

function fixture(name: string): object {
  const text = readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as object;
}

const token = new ApiToken(CANARY);
const redact = (text: string): string => token.redact(text);

const PROGRESS = {
  peer: SIGNPATH,
  request: {
    what: "fast signing request",
    stage: "sign",
    method: "POST",
    path: "/",
    maxBytes: 1,
    repeatable: false,
    decode: () => undefined,
  },
  host: "app.signpath.io",
  attempts: 1,
  elapsedMs: 1,
} as const;

const problems = spoiltJson(
  fixture("problem-approval"),
  fixture("problem-hash-length"),
  fixture("problem-unknown-policy"),
  {
    title: CANARY,
    detail: `${"x".repeat(990)}${CANARY}`,
    status: 400,
    traceId: CANARY,
    errors: { [CANARY]: [CANARY, `x ${CANARY}`], SigningPolicyId: ["x"] },
  },
);

const pages = spoiltText(
  fc.constantFrom(
    `<!DOCTYPE html>\n<html><head><title>${CANARY}</title></head><body>${CANARY}</body></html>`,
    `<html><title ${"a ".repeat(500)}>${"<".repeat(500)}`,
    `${CANARY} is wrong`,
    `${"x".repeat(290)}${CANARY}`,
  ),
  "<title",
  "<title ",
  "</title>",
  CANARY,
  "\u202e",
  "\u2028",
);

fuzz("problem", "the body of a refusal becomes words in one line, without the token", {
  part: 0.9,
  inputs: fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: problems },
      { weight: 1, arbitrary: pages },
      fc.constantFrom(...HOSTILE_JSON),
    ),
    fc.integer({ min: 300, max: 599 }),
  ),
  check: ([body, status]) => {
    const server = readServerWords(Buffer.from(body), redact);
    if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(server.words)) throw new Error("there are control characters");
    expectNoCanary(server);
    expectNoCanary(JSON.stringify(server));
    const { problem } = server;
    for (const name of ["type", "title", "detail", "instance", "traceId"] as const) {
      const word = problem?.[name];
      if (word === undefined) continue;
      expectText(word);
      if (word.length > 1000 || /[\p{Cc}\p{Cf}]/u.test(word)) throw new Error(`${name} cannot be shown`);
    }
    for (const messages of Object.values(problem?.errors ?? {}))
      for (const message of messages) expectText(message);
    expectCoded(statusFailure(status, server, undefined).toError(PROGRESS));
  },
});

fuzz("problem", "a Retry-After header is a number of milliseconds, or none", {
  part: 0.1,
  inputs: spoiltText(
    fc.constantFrom(
      "120",
      "Wed, 21 Oct 2026 07:28:00 GMT",
      "999999999",
      "-1",
      "1e9",
      "Jan",
      " 5 ",
      "Mon".repeat(50),
    ),
    "Mon",
    ":",
    "GMT",
    "9",
  ),
  check: (text) => {
    const ms = parseRetryAfter(text, 1_790_000_000_000);
    if (ms !== undefined && !(ms >= 0 && Number.isFinite(ms))) throw new Error(`${ms} ms`);
  },
});
