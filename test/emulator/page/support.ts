import { request } from "undici";
import type { Emulator } from "../../../src/emulator/index.js";

/** What came back. */
export interface Visit {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

export interface Visiting {
  readonly headers?: Record<string, string>;
  /** The fields of a form, which is posted. */
  readonly form?: Record<string, string>;
  readonly body?: string;
  readonly method?: "GET" | "POST" | "PUT";
}

/** What a browser says when it goes to a page by itself, and when a page of the same origin sends a form. */
export const NAVIGATION: Readonly<Record<string, string>> = {
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};
export const OWN_FORM: Readonly<Record<string, string>> = {
  ...NAVIGATION,
  "sec-fetch-site": "same-origin",
  origin: "null",
};

/** Sends what a browser would, headers and all. */
export async function visit(
  { origin }: Pick<Emulator, "origin">,
  path: string,
  {
    headers = NAVIGATION,
    form,
    body,
    method = form === undefined && body === undefined ? "GET" : "POST",
  }: Visiting = {},
): Promise<Visit> {
  const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const answer = await request(origin + path, {
    method,
    headers: { ...type, ...headers },
    body: form === undefined ? (body ?? null) : new URLSearchParams(form).toString(),
  });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

/** The session's cookie, as a browser sends it back. */
export async function sessionOf(emulator: Pick<Emulator, "origin">): Promise<string> {
  const { headers } = await visit(emulator, "/");
  return String(headers["set-cookie"]).split(";", 1)[0] ?? "";
}

/** Sends a form as a page of the emulator does. */
export async function post(
  emulator: Pick<Emulator, "origin">,
  path: string,
  form: Record<string, string> = {},
): Promise<Visit> {
  return visit(emulator, path, { form, headers: { ...OWN_FORM, cookie: await sessionOf(emulator) } });
}
