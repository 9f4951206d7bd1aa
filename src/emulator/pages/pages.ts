import type { Exchange, Handler } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import { Refusal } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import { assertOwnPage, assertVisit } from "./access.js";
import { assetAt } from "./assets/assets.js";
import { decide, rotate, setSubmitter } from "./decisions.js";
import { faults } from "./faults.js";
import { readPageForm, returnPath } from "./form.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { policies } from "./policies.js";
import { policy, policyCalled, policyFile } from "./policy.js";
import { download, plainText, seeOther } from "./replies.js";
import { requests } from "./requests.js";
import { environmentLines, isShell } from "./start.js";
import { addFault, clearFaults, liftLimit, removeFault, setLimit } from "./switches.js";
import { testSignature } from "./test-signature.js";
import { themeCalled, themeCookie } from "./theme.js";
import type { RequestFile } from "./verification.js";
import { REQUEST_FILES, requestFile } from "./verification.js";
import { viewerCookie, viewerOf } from "./viewer.js";

type Maybe = Reply | undefined | Promise<Reply | undefined>;
/** What a path is for; `name` and `file` are what it names. */
type Look = (exchange: Exchange, name: string, file: string) => Maybe;
type Act = (exchange: Exchange, form: URLSearchParams, name: string) => Maybe;

const LOOKS: readonly (readonly [path: RegExp, look: Look])[] = [
  [/^\/requests$/, requests],
  [/^\/requests\/([0-9a-f-]+)\/([a-z.-]+)$/, fileOfRequest],
  [/^\/policies$/, policies],
  [/^\/policies\/([a-z0-9-]+)$/, withPolicy((exchange, found) => policy(exchange, found))],
  [/^\/policies\/([a-z0-9-]+)\/([a-z.-]+)$/, withPolicy(policyFile)],
  [/^\/faults$/, (exchange) => faults(exchange)],
  [/^\/test$/, testSignature],
];

const ACTS: readonly (readonly [path: RegExp, act: Act])[] = [
  [/^\/requests\/([0-9a-f-]+)\/decide$/, (exchange, form, id) => decide(exchange, id, form)],
  [
    /^\/policies\/([a-z0-9-]+)\/rotate$/,
    (exchange, form, slug) => withPolicy((...all) => rotate(all[0], all[1], form))(exchange, slug, ""),
  ],
  [
    /^\/policies\/([a-z0-9-]+)\/submitter$/,
    (exchange, form, slug) => withPolicy((...all) => setSubmitter(all[0], all[1], form))(exchange, slug, ""),
  ],
  [/^\/faults$/, addFault],
  [/^\/faults\/remove$/, removeFault],
  [/^\/faults\/clear$/, clearFaults],
  [/^\/rate-limit$/, setLimit],
  [/^\/rate-limit\/clear$/, liftLimit],
  [
    /^\/theme$/,
    (_exchange, form) =>
      seeOther(returnPath(form), { "Set-Cookie": themeCookie(themeCalled(form.get("theme"))) }),
  ],
  [/^\/environment$/, environment],
  [/^\/user$/, chooseUser],
];

/** Everything below `/ui/`. */
export const pages: Handler = async (exchange) => {
  const { request, destination, service } = exchange;
  const path = (destination.page ?? "").slice(PAGES_PATH.length);
  if (request.method === "POST") {
    const [act, name = ""] = find(ACTS, path);
    if (act === undefined) return missing(exchange, path);
    assertOwnPage(request, service, service.session);
    return (await act(exchange, await readPageForm(request), name)) ?? missing(exchange, path);
  }
  if (request.method !== "GET") throw new Refusal(problem(405, undefined, { Allow: "GET, POST" }));
  if (path === "/events") {
    assertOwnPage(request, service, service.session);
    return service.live.subscribe();
  }
  assertVisit(request, service);
  if (path === "") return seeOther("/");
  const [look, name = "", file = ""] = find(LOOKS, path);
  return (await look?.(exchange, name, file)) ?? assetAt(PAGES_PATH + path) ?? missing(exchange, path);
};

function find<T>(
  table: readonly (readonly [path: RegExp, found: T])[],
  path: string,
): readonly [found?: T, ...names: string[]] {
  for (const [pattern, found] of table) {
    const match = pattern.exec(path);
    if (match !== null) return [found, ...match.slice(1)];
  }
  return [];
}

function missing(exchange: Exchange, path: string): Reply {
  const main = html`<h1>Nothing here</h1><p>The emulator has no page at <code>${PAGES_PATH}${path}</code>. <a href="/">Go to the overview</a></p>`;
  return show(exchange, { title: "Nothing here", main, status: 404 });
}

function withPolicy(
  look: (exchange: Exchange, found: NonNullable<ReturnType<typeof policyCalled>>, file: string) => Maybe,
): Look {
  return (exchange, slug, file) => {
    const found = policyCalled(exchange, slug);
    return found && look(exchange, found, file);
  };
}

function fileOfRequest({ service }: Exchange, id: string, name: string): Reply | undefined {
  const found = service.ledger.find(id);
  const file = REQUEST_FILES.find((one): one is RequestFile => one === name);
  const content = found && file && requestFile(found, file);
  return content === undefined ? undefined : download(name, "application/octet-stream", Buffer.from(content));
}

function chooseUser(exchange: Exchange, form: URLSearchParams): Reply | undefined {
  const cookie = viewerCookie(exchange, form.get("user") ?? "");
  return cookie === undefined ? undefined : seeOther(returnPath(form), { "Set-Cookie": cookie });
}

/** The lines to export, the token among them: text that a person has asked for. */
function environment(exchange: Exchange, form: URLSearchParams): Reply | undefined {
  const shell = form.get("shell");
  const viewer = viewerOf(exchange);
  const { apiToken } = viewer.user;
  return isShell(shell) ? plainText(environmentLines(shell, exchange.service, viewer, apiToken)) : undefined;
}
