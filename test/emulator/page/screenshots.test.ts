import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { describeWith } from "../../support/verifiers.js";
import { ecdsaPayload, rsaPayload, submit } from "../support.js";
import { useBrowser } from "./browser.js";

const FOLDER = join(import.meta.dirname, "../../../docs/images");
const LARGEST = 150 * 1024;
const DESKTOP = { width: 1120, height: 780 } as const;

const metadata = (line: string, job: string): Record<string, unknown> => ({
  Metadata: {
    CreatingProcess: { CommandLine: `/usr/bin/node /usr/bin/signpath ${line}`, User: "release" },
    Build: { Url: "https://ci.example.org/builds/4711", Commit: "8c0f2f4be3b1".padEnd(40, "0"), Job: job },
  },
});

/** What differs from run to run is always the same in a picture: times, durations, the port. */
async function steady(page: Page): Promise<void> {
  await page.route(/./, async (route) => {
    if (!["document", "fetch"].includes(route.request().resourceType())) return route.continue();
    const response = await route.fetch();
    const body = (await response.text())
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "2026-03-01 09:41:00")
      .replace(/(127\.0\.0\.1):\d+/g, "$1:8080")
      .replace(/\b[\d.]+ ms/g, "12 ms");
    return route.fulfill({ response, body });
  });
}

// `npm run screenshots` makes the pictures of docs/emulator.md anew.
describeWith("chromium", "pictures", () => {
  const emulator = useEmulator();
  const open = useBrowser();

  test.runIf(process.env["MODE"] === "screenshots")("of the pages, for the documents", async () => {
    mkdirSync(FOLDER, { recursive: true });
    await submit(emulator(), {
      payload: rsaPayload(metadata("sign setup.msi --policy demo/rsa-2048", "package")),
    });
    await submit(emulator(), {
      policy: "forbidden",
      payload: ecdsaPayload(metadata("sign tool.exe", "nightly")),
    });
    await submit(emulator(), {
      policy: "p-384",
      payload: ecdsaPayload(metadata("sign dist/*.js --jobs 8", "bundle")),
    });
    const { id } = emulator().signingRequests.at(-1) ?? { id: "" };
    await submit(emulator(), {
      policy: "approval",
      fast: "false",
      payload: rsaPayload(metadata("sign release.tar.gz --policy demo/approval", "release")),
    });
    emulator().addFault({ kind: "status", status: 503, retryAfter: "1", count: 3, probability: 0.5 });
    const request = `/Web/${emulator().organizationId}/SigningRequests/${id}`;
    const pictures = [
      ["page-overview.png", "/", "light", DESKTOP],
      ["page-overview-dark.png", "/", "dark", DESKTOP],
      ["page-request.png", request, "light", { width: 1120, height: 1180 }],
      ["page-faults.png", "/ui/faults?kind=status", "light", { width: 1120, height: 860 }],
      ["page-phone.png", "/", "light", { width: 360, height: 740 }],
    ] as const;
    for (const [name, path, colorScheme, viewport] of pictures) {
      const page = await open("about:blank", { colorScheme, viewport });
      await steady(page);
      await page.goto(emulator().origin + path);
      await page.evaluate("document.fonts.ready");
      await page.screenshot({ path: join(FOLDER, name) });
      expect(statSync(join(FOLDER, name)).size, name).toBeLessThan(LARGEST);
    }
    emulator().clearFaults();
    const page = await open(`${emulator().origin}/ui/test?policy=p-256`, {
      viewport: { width: 1120, height: 640 },
    });
    await page.getByRole("button", { name: "Sign and verify" }).click();
    await page.getByText("Verified: the signature is good.").waitFor();
    await page.screenshot({ path: join(FOLDER, "page-test.png") });
  });
});
