import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { PAGES_PATH } from "../http/router.js";

/**
 * What a page acts by in place of the API token, which no browser gets to keep. There is one for the life of an emulator:
 * whoever can open its first page has it.
 */
export class Session {
  readonly #secret = randomBytes(32).toString("base64url");
  readonly #name: string;
  readonly #secure: boolean;

  constructor(origin: string) {
    const { port, protocol } = new URL(origin);
    // Cookies know no ports: two emulators would take each other's away.
    this.#name = `signpath-emulator-${port}`;
    this.#secure = protocol === "https:";
  }

  /** The value of `Set-Cookie`. */
  get cookie(): string {
    const secure = this.#secure ? "; Secure" : "";
    return `${this.#name}=${this.#secret}; Path=${PAGES_PATH}/; HttpOnly; SameSite=Strict${secure}`;
  }

  /** Whether a `Cookie` header holds it. */
  isIn(header: string | undefined): boolean {
    const given = cookieIn(header, this.#name);
    return given !== undefined && timingSafeEqual(fingerprint(given), fingerprint(this.#secret));
  }
}

/** A cookie's value by its name. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const [given = "", value] = pair.split("=", 2);
    if (given.trim() === name) return value?.trim();
  }
  return undefined;
}

function fingerprint(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
