import { createHash } from "node:crypto";
import type { Reply } from "../../http/reply.js";
import { PAGES_PATH } from "../../http/router.js";
import { faultsScript } from "../browser/faults.js";
import { liveScript } from "../browser/live.js";
import { pageScript } from "../browser/page.js";
import { testSignatureScript } from "../browser/test-signature.js";
import { asset } from "../replies.js";
import { ICON } from "./icon.js";
import { STYLE } from "./style.js";

const SCRIPT = "text/javascript; charset=utf-8";

type AssetName = "style.css" | "icon.svg" | "page.js" | "live.js" | "faults.js" | "test-signature.js";

const FILES: Readonly<Record<AssetName, readonly [type: string, content: string]>> = {
  "style.css": ["text/css; charset=utf-8", STYLE],
  "icon.svg": ["image/svg+xml", ICON],
  "page.js": [SCRIPT, textOf(pageScript)],
  "live.js": [SCRIPT, textOf(liveScript)],
  "faults.js": [SCRIPT, textOf(faultsScript)],
  "test-signature.js": [SCRIPT, textOf(testSignatureScript)],
};

const PATHS = Object.fromEntries(
  Object.entries(FILES).map(([name, [, content]]) => [
    name,
    `${PAGES_PATH}/assets/${digest(content)}/${name}`,
  ]),
) as Readonly<Record<AssetName, string>>;

const BY_PATH: ReadonlyMap<string, Reply> = new Map(
  Object.entries(FILES).map(([name, [type, content]]) => [
    PATHS[name as AssetName],
    asset(type, Buffer.from(content)),
  ]),
);

/** Where a file of the pages is, by its name and content. */
export function assetPath(name: AssetName): string {
  return PATHS[name];
}

/** The file at a path. */
export function assetAt(path: string): Reply | undefined {
  return BY_PATH.get(path);
}

/** A function that runs in the browser, as a script that calls it. */
function textOf(script: () => void): string {
  return `(${script.toString()})();\n`;
}

function digest(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
