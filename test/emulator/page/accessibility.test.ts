import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { describeWith } from "../../support/verifiers.js";
import { rsaPayload, submit } from "../support.js";
import { isTooWide, useBrowser, violationsOf } from "./browser.js";

const emulator = useEmulator();

const WIDTHS = {
  "a desktop": { width: 1280, height: 900 },
  "a telephone": { width: 360, height: 740 },
} as const;
/** Each two of them together: what a page looks like depends on no three. */
const LOOKS = [
  { colorScheme: "light", device: "a desktop", javaScriptEnabled: true },
  { colorScheme: "light", device: "a telephone", javaScriptEnabled: false },
  { colorScheme: "dark", device: "a desktop", javaScriptEnabled: false },
  { colorScheme: "dark", device: "a telephone", javaScriptEnabled: true },
] as const;

describeWith("chromium", "every page", () => {
  const open = useBrowser();

  test("is there with something in it", async () => {
    const metadata = {
      CreatingProcess: { CommandLine: `/usr/bin/node ${"a".repeat(300)} sign --jobs 4`, User: "release" },
      Build: { Url: "https://ci.example.org/builds/4711", Commit: "0".repeat(40), Job: "release" },
    };
    await submit(emulator(), { payload: rsaPayload({ Metadata: metadata }) });
    await submit(emulator(), { policy: "approval", fast: "false" });
    emulator().addFault({ kind: "status", status: 503, route: "timestamp", count: Number.POSITIVE_INFINITY });
    emulator().setRateLimit({ requestsPerSecond: 1000 });
    expect(emulator().signingRequests).toHaveLength(2);
  });

  test.each(LOOKS)(
    "has nothing that axe objects to and is not too wide: $colorScheme, $device, scripts: $javaScriptEnabled",
    async ({ colorScheme, device, javaScriptEnabled }) => {
      const { origin, organizationId, signingRequests } = emulator();
      const page = await open("about:blank", { colorScheme, viewport: WIDTHS[device] });
      // axe is a script itself: without scripts means without those of the pages.
      if (!javaScriptEnabled) await withoutScripts(page);
      const paths = [
        "/",
        "/ui/requests",
        "/ui/requests?text=nothing-is-like-that",
        ...signingRequests.map(({ id }) => `/Web/${organizationId}/SigningRequests/${id}`),
        "/ui/policies/p-256",
        "/ui/faults?kind=latency-spike&done=fault-added",
        "/ui/test",
        "/ui/nothing",
      ];
      for (const path of paths) {
        await page.goto(origin + path);
        // What a page hides until it is opened has to be right as well.
        await page.locator("summary").evaluateAll((all) => {
          for (const summary of all) summary.closest("details")?.setAttribute("open", "");
        });
        expect(await violationsOf(page), path).toEqual([]);
        expect(await isTooWide(page), path).toBe(false);
      }
    },
  );
});

/** Pages as they are where scripts do not run: without them, and with what stands there in their place. */
async function withoutScripts(page: Page): Promise<void> {
  await page.route(/./, async (route) => {
    if (route.request().resourceType() !== "document") return route.continue();
    const response = await route.fetch();
    const body = (await response.text()).replace(/<script[^>]*><\/script>|<\/?noscript>/g, "");
    return route.fulfill({ response, body });
  });
}
