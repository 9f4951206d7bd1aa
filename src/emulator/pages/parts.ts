import { HASHES } from "../../wire/signing.js";
import type { LogEntry } from "../ledger/entry.js";
import type { Content, Html } from "./html.js";
import { html, webAddress } from "./html.js";

type Result = LogEntry["result"];

/** How a result looks and reads. */
const LOOKS: Readonly<Record<Result, readonly [look: string, text: string]>> = {
  signed: ["good", "Signed"],
  processing: ["busy", "In progress"],
  pending: ["wait", "Waiting"],
  denied: ["bad", "Denied"],
  canceled: ["quiet", "Cancelled"],
  failed: ["bad", "Failed"],
  expired: ["quiet", "Expired"],
  refused: ["bad", "Refused"],
};

/** A result in words. */
export function resultName(result: Result): string {
  return LOOKS[result][1];
}

/** A word about how something stands. Its look says nothing that the word does not. */
export function badge(look: string, text: string): Html {
  return html`<span class="badge ${look}">${text}</span>`;
}

export function resultBadge(result: Result): Html {
  return badge(...LOOKS[result]);
}

/** A duration as it reads best. */
export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** A time to the second, in UTC, as the log files of builds have it. */
export function time(date: Date): Html {
  const text = date.toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)}</time>`;
}

/** The names of an order's algorithm and hash. */
export function algorithmName({ algorithm, hashAlgorithm, hash }: LogEntry): string | undefined {
  if (algorithm === undefined || hash === undefined) return undefined;
  const name = { RsaPkcs1: "RSA PKCS#1", RsaPss: "RSA-PSS", Ecdsa: "ECDSA" }[algorithm];
  const known = Object.values(HASHES).find((one) =>
    hashAlgorithm === undefined ? one.length === hash.length / 2 : one.oid === hashAlgorithm,
  );
  return `${name}, ${known?.name ?? hashAlgorithm ?? "unknown hash"}`;
}

/** A link to elsewhere, if the address is one that a browser may go to; else the text alone. */
export function outsideLink(address: string | undefined, text: string): Html {
  const href = webAddress(address);
  if (href === undefined) return html`${text}`;
  return html`<a href="${href}" rel="noopener noreferrer external">${text}</a>`;
}

/** A list of names and values; what has no value is left out. */
export function facts(rows: readonly (readonly [name: string, value: Content])[]): Html {
  const shown = rows.filter(([, value]) => value !== undefined && value !== "");
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Text to copy: selected by hand without scripts, by a button with them. */
export function copyable(id: string, label: string, text: string): Html {
  return html`<div class="copyable"><pre id="${id}" tabindex="0" aria-label="${label}">${text}</pre><button type="button" class="small" id="copy-${id}" data-copy="${id}" hidden>Copy<span class="unseen"> ${label}</span></button></div>`;
}

/** An entry of a list to choose from. */
export function option(value: string, text: string, chosen: string | undefined): Html {
  return html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`;
}
