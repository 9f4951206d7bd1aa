import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { SignPathError } from "../../../base/errors.js";
import { isSignPathError } from "../../../base/errors.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { Session } from "../../../session.js";

/** What came back when the service was asked for the list of policies, which costs no signature. */
export interface ServiceAnswer {
  /** Of the HTTP answer, if there was one. */
  readonly status: number | undefined;
  /** The server's clock as its `Date` header tells it, in whole seconds, with when it was asked and answered by this one's. */
  readonly clock:
    | { readonly date: string; readonly askedAt: number; readonly answeredAt: number }
    | undefined;
  readonly policies: readonly SigningPolicy[] | undefined;
  /** Why there are none. */
  readonly error: SignPathError | undefined;
}

/** Asks as signing does: by the same connections, settings and checks. */
export async function askService({ api, directory }: Session, signal: AbortSignal): Promise<ServiceAnswer> {
  const watch = new Watch(api.config.baseUrl);
  try {
    const policies = await directory.list({}, { signal });
    return { ...watch.seen, policies, error: undefined };
  } catch (error) {
    if (!isSignPathError(error) || error.code === "ABORTED") throw error;
    return { ...watch.seen, policies: undefined, error };
  } finally {
    watch.end();
  }
}

/** What undici tells of a request. It holds the token, too, which nobody looks at here. */
interface Message {
  readonly request: { readonly origin?: unknown; readonly path?: unknown };
  readonly response?: { readonly statusCode: number; readonly headers: readonly (Buffer | string)[] };
}

/** Watches what undici sends to the API and gets from it. */
class Watch {
  readonly #baseUrl: URL;
  #askedAt = 0;
  #seen: Pick<ServiceAnswer, "status" | "clock"> = { status: undefined, clock: undefined };

  constructor(baseUrl: URL) {
    this.#baseUrl = baseUrl;
    subscribe("undici:client:sendHeaders", this.#sent);
    subscribe("undici:request:headers", this.#answered);
  }

  get seen(): Pick<ServiceAnswer, "status" | "clock"> {
    return this.#seen;
  }

  end(): void {
    unsubscribe("undici:client:sendHeaders", this.#sent);
    unsubscribe("undici:request:headers", this.#answered);
  }

  readonly #sent = (message: unknown): void => {
    if (this.#isOurs(message as Message)) this.#askedAt = Date.now();
  };

  readonly #answered = (message: unknown): void => {
    const { response } = message as Message;
    if (response === undefined || !this.#isOurs(message as Message)) return;
    const { statusCode: status, headers } = response;
    const index = headers.findIndex((name, at) => at % 2 === 0 && String(name).toLowerCase() === "date");
    const date = index < 0 ? undefined : String(headers[index + 1]);
    const clock = date && { date, askedAt: this.#askedAt, answeredAt: Date.now() };
    this.#seen = { status, clock: clock || undefined };
  };

  #isOurs({ request: { origin, path } }: Message): boolean {
    const { origin: ours, pathname } = this.#baseUrl;
    return String(origin) === ours && typeof path === "string" && path.startsWith(pathname);
  }
}
