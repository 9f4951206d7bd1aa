import type { IncomingMessage } from "node:http";
import { readBody } from "../http/body.js";
import { parseParameters } from "../http/parameters.js";
import { problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";

const FORM = "application/x-www-form-urlencoded";

/**
 * What a form of a page sent.
 *
 * @throws Refusal 415
 */
export async function readPageForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (parseParameters(request.headers["content-type"] ?? "")?.value !== FORM) {
    throw new Refusal(problem(415, `The Content-Type must be ${FORM}.`));
  }
  return new URLSearchParams((await readBody(request)).toString());
}

/** A field without white space around it; `undefined` where it is empty. */
export function fieldOf(form: URLSearchParams, name: string): string | undefined {
  return form.get(name)?.trim() || undefined;
}

/** Where a form wants to go back to: a page of this emulator, or its first one. */
export function returnPath(form: URLSearchParams): string {
  const wanted = form.get("return") ?? "/";
  return /^\/(?![/\\])[\w\-./?&=%+]*$/.test(wanted) ? wanted : "/";
}
