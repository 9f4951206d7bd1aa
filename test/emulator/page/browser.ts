import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { pathOf } from "../../support/verifiers.js";

/** Chromium without what it does beside showing pages. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens a page of its own, which is closed with the test. */
export type Open = (address: string, options?: BrowserContextOptions) => Promise<Page>;

/** Starts the browser for the tests of a file. Whatever a page complains of fails its test. */
export function useBrowser(): Open {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: pathOf("chromium"), args: ARGUMENTS });
  });
  afterAll(() => browser?.close());

  return async (address, options = {}) => {
    if (browser === undefined) throw new Error("The browser runs inside of tests only");
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    const complaints = listenTo(page);
    onTestFinished(async () => {
      await context.close();
      expect(complaints, "what the browser complains of").toEqual([]);
    });
    await page.goto(address);
    return page;
  };
}

/** Errors of scripts, what the Content-Security-Policy has stopped, and whatever else is in the console. */
function listenTo(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The status of an answer, which a test is about.
    if (message.text().startsWith("Failed to load resource: the server responded")) return;
    complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).hostname !== new URL(page.url()).hostname && page.url() !== "about:blank") {
      complaints.push(`request to ${request.url()}`);
    }
  });
  return complaints;
}

/** What axe finds wrong with a page, in lines. */
export async function violationsOf(page: Page): Promise<string[]> {
  const results = await page.evaluate<AxeResults>(
    `${AXE}; axe.run(document, { resultTypes: ["violations"] })`,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
  );
}

/** Whether a page is wider than its window. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
}
