import { readBody } from "../http/body.js";
import type { Exchange } from "../http/exchange.js";
import { parseParameters } from "../http/parameters.js";
import { invalid, problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";
import type { JsonObject } from "../json.js";
import { parseJsonObject } from "../json.js";

/**
 * The JSON object in a request's body.
 *
 * @throws Refusal 415 where it is not called JSON: a form of another site could be sent otherwise; 400 where it is none
 */
export async function jsonBody({ request }: Exchange): Promise<JsonObject> {
  if (parseParameters(request.headers["content-type"] ?? "")?.value !== "application/json") {
    throw new Refusal(problem(415, "The Content-Type must be application/json."));
  }
  const body = parseJsonObject(await readBody(request));
  if (body === undefined) throw invalid("", "The body must be a JSON object.");
  return body;
}

/** The same, for a request that need not have a body. */
export async function optionalJsonBody(exchange: Exchange): Promise<JsonObject> {
  const { "content-length": length = "0", "transfer-encoding": encoding } = exchange.request.headers;
  return length === "0" && encoding === undefined ? {} : jsonBody(exchange);
}

/** Does what the body asks for; its mistakes are answered with 400. */
export function asked<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof TypeError) throw invalid("", error.message);
    throw error;
  }
}
