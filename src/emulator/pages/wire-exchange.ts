import type { WireExchange, WireMessage } from "../ledger/exchanges.js";
import type { Content } from "./html.js";
import { html } from "./html.js";
import { copyable, milliseconds } from "./parts.js";

/** What was sent and what was answered, as long as it is remembered. */
export function wireExchange(exchange: WireExchange | undefined): Content {
  if (exchange === undefined) {
    return html`<section class="card" aria-labelledby="wire-heading"><h2 id="wire-heading">On the wire</h2><p class="hint">It is not remembered any more.</p></section>`;
  }
  const { request, response } = exchange;
  return html`<section class="card" aria-labelledby="wire-heading"><h2 id="wire-heading">On the wire</h2>
<h3>Request</h3>${copyable("wire-request", "Request", `${request.method} ${request.path}\n${messageText(request)}`)}
<h3>Answer <span class="hint">after ${milliseconds(response.milliseconds)}</span></h3>${copyable("wire-response", "Answer", `${response.status}\n${messageText(response)}`)}</section>`;
}

function messageText({ headers, body, bodyBytes }: WireMessage): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const cut = Buffer.byteLength(body) < bodyBytes ? `\n[… of ${bodyBytes} bytes]` : "";
  return `${lines.join("\n")}\n\n${pretty(body)}${cut}`;
}

/** JSON in lines; anything else as it is, but for the carriage returns of its lines. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body.replaceAll("\r\n", "\n");
  }
}
