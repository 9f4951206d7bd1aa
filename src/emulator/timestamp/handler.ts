import { readBody } from "../http/body.js";
import type { Handler } from "../http/exchange.js";
import { now } from "../http/exchange.js";
import { parseParameters } from "../http/parameters.js";
import { problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";

const QUERY = "application/timestamp-query";
const REPLY = "application/timestamp-reply";

/** `POST /tsa`: a timestamp authority (RFC 3161, section 3.4). It is for everybody, and takes no token. */
export const timestamp: Handler = async (exchange) => {
  const { request, service, effect } = exchange;
  if (parseParameters(request.headers["content-type"] ?? "")?.value !== QUERY) {
    throw new Refusal(problem(415, `The Content-Type must be ${QUERY}.`));
  }
  const body = await readBody(request);
  // pkijs takes a while to load.
  const { answerRequest } = await import("./answer.js");
  const trouble = effect?.timestamp;
  if (trouble !== undefined) exchange.spoilt = true;
  const bytes = await answerRequest(body, service.timestamps, now(exchange), trouble);
  return { status: 200, headers: { "Content-Type": REPLY }, body: { bytes } };
};
