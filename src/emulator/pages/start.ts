import type { Caller } from "../accounts/accounts.js";
import { PAGES_PATH } from "../http/router.js";
import type { Service } from "../service.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { copyable } from "./parts.js";

/** The shells whose way of setting a variable is known here. */
export const SHELLS = { bash: "bash, zsh", powershell: "PowerShell", cmd: "cmd" } as const;

export type Shell = keyof typeof SHELLS;

const WRITTEN: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  bash: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  powershell: (name, value) => `$env:${name}='${value.replaceAll("'", "''")}'`,
  cmd: (name, value) => `set "${name}=${value}"`,
};

const FIRST_COMMANDS = [
  "npx signpath policies",
  "npx signpath sign README.md --policy demo/rsa-2048 --certificates ca.pem",
  "npx signpath verify README.md --root ca.pem",
];

export function isShell(name: string | null): name is Shell {
  return name !== null && Object.hasOwn(SHELLS, name);
}

/** The lines that make a shell's clients use this emulator. */
export function environmentLines(
  shell: Shell,
  { origin }: Service,
  { organization }: Caller,
  apiToken: string,
): string {
  const variables = {
    SIGNPATH_API_URL: `${origin}/Api`,
    SIGNPATH_ORGANIZATION_ID: organization.id,
    SIGNPATH_API_TOKEN: apiToken,
  };
  const lines = Object.entries(variables).map(([name, value]) => WRITTEN[shell](name, value));
  return `${lines.join("\n")}\n`;
}

/** What to do first. The token is no part of it: who wants it asks for it, with a form of its own. */
export function gettingStarted(service: Service, viewer: Caller, open: boolean): Html {
  const commands = [`curl -o ca.pem ${service.origin}/ca.pem`, ...FIRST_COMMANDS];
  return html`<details class="card start" id="start"${open && html` open`}><summary><h2>Getting started</h2></summary>
<ol class="steps">
<li><h3>Point a shell to this emulator</h3>
${Object.entries(SHELLS).map(([shell, name]) => environmentOf(shell as Shell, name, service, viewer))}
<p class="hint">Copying is the only way for the token to leave: it stands on no page and in no address.</p></li>
<li><h3>Sign something</h3>
${copyable("first-commands", "First commands", commands.join("\n"))}</li>
<li><h3>See what happened</h3><p>Every request shows up below. Its page has what was sent and answered, and how to verify the signature with openssl.</p></li>
</ol></details>`;
}

function environmentOf(shell: Shell, name: string, service: Service, viewer: Caller): Content {
  const lines = environmentLines(
    shell,
    service,
    viewer,
    `(copy to get that of ${viewer.user.name})`,
  ).trimEnd();
  return html`<div class="shell"><h4>${name}</h4>
<pre tabindex="0" aria-label="Variables for ${name}">${lines}</pre>
<form method="post" action="${PAGES_PATH}/environment" data-copy-answer>
<button name="shell" value="${shell}" class="small">Copy with the token<span class="unseen"> for ${name}</span></button></form></div>`;
}
