import { cookieIn } from "./session.js";

/** The colours of the pages; `auto` follows the system. */
export const THEMES = ["auto", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const COOKIE = "signpath-emulator-theme";
const YEAR_S = 31_536_000;

/** What the browser was told to remember. */
export function themeOf(cookies: string | undefined): Theme {
  return themeCalled(cookieIn(cookies, COOKIE));
}

export function themeCalled(name: string | null | undefined): Theme {
  return THEMES.find((theme) => theme === name) ?? "auto";
}

/** The value of `Set-Cookie`. It is no secret, and a page that another one links to has it as well. */
export function themeCookie(theme: Theme): string {
  return `${COOKIE}=${theme}; Path=/; Max-Age=${YEAR_S}; HttpOnly; SameSite=Lax`;
}
