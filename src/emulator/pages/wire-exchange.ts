import type { Content } from "./html.js";
import { html } from "./html.js";
import { copyable } from "./parts.js";

/** What went over the wire. */
export interface WireExchange {
  readonly request: Message & { readonly method: string; readonly path: string };
  readonly response: Message & { readonly status: number; readonly milliseconds: number };
}

interface Message {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What was sent and what was answered, as far as it is kept. */
export function wireExchange({ exchange }: { readonly exchange?: WireExchange | undefined }): Content {
  if (exchange === undefined) return undefined;
  const { request, response } = exchange;
  return html`<section class="card" aria-labelledby="wire-heading"><h2 id="wire-heading">On the wire</h2>
<h3>Request</h3>${copyable("wire-request", "Request", `${request.method} ${request.path}\n${messageText(request)}`)}
<h3>Answer<span class="hint"> after ${Math.round(response.milliseconds)} ms</span></h3>${copyable("wire-response", "Answer", `${response.status}\n${messageText(response)}`)}</section>`;
}

function messageText({ headers, body }: Message): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
  return `${lines.join("\n")}\n\n${pretty(body)}`;
}

/** JSON in lines; anything else as it is. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
