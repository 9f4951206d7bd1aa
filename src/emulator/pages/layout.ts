import type { Accounts } from "../accounts/accounts.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH, TIMESTAMP_PATH } from "../http/router.js";
import { assetPath } from "./assets/assets.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { noticeOf } from "./notices.js";
import { page } from "./replies.js";
import { THEMES, themeOf } from "./theme.js";
import { viewerChoice } from "./viewer.js";

/** What a page consists of, beside what all have. */
export interface Page {
  readonly title: string;
  /** One of the entries of the menu, if the page is one or belongs to one. */
  readonly section?: Section;
  readonly main: Content;
  readonly status?: number;
  /** What went wrong with a form. */
  readonly error?: string;
  /** Scripts beside those of every page. */
  readonly scripts?: readonly ("live" | "test-signature" | "faults")[];
}

type Section = "overview" | "requests" | "policies" | "faults" | "test";

const SECTIONS: Readonly<Record<Section, readonly [path: string, label: string]>> = {
  overview: ["/", "Overview"],
  requests: [`${PAGES_PATH}/requests`, "Audit log"],
  policies: [`${PAGES_PATH}/policies`, "Policies"],
  faults: [`${PAGES_PATH}/faults`, "Faults"],
  test: [`${PAGES_PATH}/test`, "Test signature"],
};

const THEME_NAMES = { auto: "Auto", light: "Light", dark: "Dark" } as const;

/** Not written out in a template, which the bundler would change into a call of a package that is not there. */
const END_OF_SCRIPT = "/script";

/** The answer that shows a page. It gives out the cookie that the forms of the page act by. */
export function show(exchange: Exchange, content: Page): Reply {
  const { session } = exchange.service;
  return page(
    withoutTokens(documentOf(exchange, content), exchange.service.accounts),
    content.status ?? 200,
    {
      "Set-Cookie": session.cookie,
      Vary: "Accept, Cookie",
    },
  );
}

/** What a client has sent may hold its token, and so may an address that somebody has typed. */
function withoutTokens(document: Html, accounts: Accounts): string {
  let text = accounts.blackOut(document.toString());
  for (const { users } of accounts.organizations) {
    for (const { apiToken } of users) text = text.replaceAll(html`${apiToken}`.toString(), "[token]");
  }
  return text;
}

function documentOf(exchange: Exchange, content: Page): Html {
  const { title, section, main, error, scripts = [] } = content;
  const { request, query, service } = exchange;
  const theme = themeOf(request.headers.cookie);
  const here = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
  const notice = noticeOf(query);
  return html`<!DOCTYPE html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${theme === "auto" ? "light dark" : theme}">
<title>${title} · SignPath Emulator</title>
<link rel="icon" type="image/svg+xml" href="${assetPath("icon.svg")}">
<link rel="stylesheet" href="${assetPath("style.css")}">
${(["page", ...scripts] as const).map((name) => html`<script type="module" src="${assetPath(`${name}.js`)}"><${END_OF_SCRIPT}>\n`)}</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="${assetPath("icon.svg")}" alt="" width="28" height="28"><span>SignPath <b>Emulator</b></span></a>
<nav aria-label="Pages"><ul>${Object.entries(SECTIONS).map(
    ([name, [path, label]]) =>
      html`<li><a href="${path}"${name === section && html` aria-current="${path === here.split("?")[0] ? "page" : "true"}"`}>${label}</a></li>`,
  )}</ul></nav>
${viewerChoice(exchange, here)}
<form class="theme" method="post" action="${PAGES_PATH}/theme" data-theme-switch>
<input type="hidden" name="return" value="${here}">
<fieldset><legend class="unseen">Colours</legend>${THEMES.map(
    (name) =>
      html`<button name="theme" value="${name}" aria-pressed="${theme === name ? "true" : "false"}">${THEME_NAMES[name]}</button>`,
  )}</fieldset>
</form>
</header>
<main id="main" tabindex="-1">
<div id="notice" role="status" aria-live="polite">${notice !== undefined && html`<p class="notice good">${notice}</p>`}</div>
${error !== undefined && html`<p class="notice bad" role="alert">${error}</p>`}
${main}
</main>
<footer>
<p>API <code>${service.origin}/Api</code> · timestamps <code>${service.origin}${TIMESTAMP_PATH}</code> · <a href="/ca.pem">certificates of the authority</a></p>
<p>An emulator for development and tests. Its keys protect nothing, and whoever can open this page can use it.</p>
</footer>
</body>
</html>
`;
}
