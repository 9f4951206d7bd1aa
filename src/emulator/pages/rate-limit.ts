import type { Exchange } from "../http/exchange.js";
import type { RateLimit } from "../http/rate-limit.js";
import { PAGES_PATH } from "../http/router.js";
import { fieldOf } from "./form.js";
import type { Html } from "./html.js";
import { html } from "./html.js";
import { option } from "./parts.js";

const PATH = `${PAGES_PATH}/rate-limit`;

/** The limit, what has become of the requests since it was set, and a form for another one. */
export function rateLimit({ service: { limiter } }: Exchange): Html {
  const { limit, counts } = limiter;
  return html`<section class="card" id="rate-limit" aria-labelledby="rate-heading"><h2 id="rate-heading">Rate limit</h2>
<div id="limit" data-live><p>${
    limit === undefined
      ? "There is none."
      : `At most ${limit.requestsPerSecond} requests a second, ${limit.burst ?? 1} at once.`
  } ${counts.accepted} accepted, ${counts.rejected} refused${limit === undefined ? "" : " since it was set"}.</p></div>
<form class="fields" method="post" action="${PATH}">
<div><label for="rate">Requests a second</label><input id="rate" name="requestsPerSecond" type="number" min="0" step="any" required value="${limit?.requestsPerSecond ?? ""}"></div>
<div><label for="burst">At once <span class="hint">optional</span></label><input id="burst" name="burst" type="number" min="1" step="1" value="${limit?.burst ?? ""}"></div>
<div><label for="retry-after">Retry-After</label><select id="retry-after" name="retryAfter">${[
    "seconds",
    "date",
    "none",
  ].map((name) => option(name, name, limit?.retryAfter ?? "seconds"))}</select></div>
<button>Set</button></form>
${limit !== undefined && html`<form method="post" action="${PATH}/clear"><button>Lift the limit</button></form>`}</section>`;
}

/** The limit that a form asks for; the limiter looks at every property. */
export function limitOfForm(form: URLSearchParams): RateLimit {
  const burst = fieldOf(form, "burst");
  return {
    requestsPerSecond: Number(fieldOf(form, "requestsPerSecond")),
    ...(burst !== undefined && { burst: Number(burst) }),
    retryAfter: (fieldOf(form, "retryAfter") ?? "seconds") as NonNullable<RateLimit["retryAfter"]>,
  };
}
