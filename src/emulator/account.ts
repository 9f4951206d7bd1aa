import { randomBytes } from "node:crypto";
import { ORGANIZATION_ID } from "./http/router.js";
import { own, parseJsonObject } from "./json.js";
import type { Store } from "./keys/store.js";
import type { Settings } from "./options.js";
import { API_TOKEN } from "./options.js";

/** Whose emulator it is, and what opens it. */
export interface Account {
  readonly organizationId: string;
  readonly apiToken: string;
}

const DEFAULT_ORGANIZATION_ID = "de300000-0000-4000-8000-000000000000";
const FILE = "emulator.json";

/** What the settings give, and for the rest what the store keeps. A token that was given is not kept. */
export async function openAccount(store: Store, settings: Settings): Promise<Account> {
  const text = await store.loadOrCreate(FILE, async () => {
    const organizationId = settings.organizationId ?? DEFAULT_ORGANIZATION_ID;
    return `${JSON.stringify({ organizationId, apiToken: randomToken() }, undefined, 2)}\n`;
  });
  const kept = accountOf(text);
  if (kept === undefined) {
    throw new Error(`${store.locate(FILE)} is malformed; remove it, and the emulator makes another.`);
  }
  return {
    organizationId: settings.organizationId ?? kept.organizationId,
    apiToken: settings.apiToken ?? kept.apiToken,
  };
}

function accountOf(text: string): Account | undefined {
  const kept = parseJsonObject(Buffer.from(text)) ?? {};
  const organizationId = own(kept, "organizationId");
  const apiToken = own(kept, "apiToken");
  if (typeof organizationId !== "string" || !ORGANIZATION_ID.test(organizationId)) return undefined;
  if (typeof apiToken !== "string" || !API_TOKEN.test(apiToken)) return undefined;
  return { organizationId, apiToken };
}

/** Base64 like a real one, with the two characters that wrong escaping spoils. */
function randomToken(): string {
  for (;;) {
    const token = randomBytes(33).toString("base64");
    if (token.includes("+") && token.includes("/")) return token;
  }
}
