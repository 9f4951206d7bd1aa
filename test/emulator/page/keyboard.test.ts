import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { describeWith } from "../../support/verifiers.js";
import { submit } from "../support.js";
import { useBrowser } from "./browser.js";

const emulator = useEmulator();

/** What has the focus, by its role and name as the browser tells them to a screen reader. */
async function focused(page: Page): Promise<string> {
  const snapshot = await page.evaluate(`(() => {
    const element = document.activeElement;
    const label = element.labels?.[0]?.textContent ?? element.getAttribute("aria-label") ?? element.textContent;
    return element.tagName.toLowerCase() + ": " + label.replace(/\\s+/g, " ").trim();
  })()`);
  return String(snapshot);
}

/** Goes on with the tabulator until it has got there, and sees each step. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  const way: string[] = [];
  for (let steps = 0; steps < 120; steps++) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    way.push(here);
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline, `the focus on ${here}`).not.toBe("none");
    if (here === wanted) return;
  }
  expect.unreachable(`${wanted} is not on the way: ${way.join(", ")}`);
}

describeWith("chromium", "with a keyboard alone", () => {
  const open = useBrowser();

  test("a person gets past the menu, approves, and follows a request to its page", async () => {
    await submit(emulator(), { policy: "approval", fast: "false" });
    const page = await open(emulator().origin);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("a: Skip to content");
    await page.keyboard.press("Enter");
    await tabTo(page, "input: Reason");
    await page.keyboard.type("by keyboard");
    await tabTo(page, "button: Approve");
    await page.keyboard.press("Enter");
    await page.getByText("The signing request was approved.").waitFor();
    expect(emulator().signingRequests[0]?.decisions).toMatchObject([{ comment: "by keyboard" }]);
    await tabTo(page, "a: Audit log");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await page.locator("#entries a").first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Signing request" }).waitFor();
  });

  test("a person switches a fault on, and off", async () => {
    const page = await open(`${emulator().origin}/ui/faults`);
    await tabTo(page, "select: What goes wrong");
    await page.keyboard.type("silence");
    await tabTo(page, "button: Choose");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "silence" }).waitFor();
    await tabTo(page, "button: Switch on");
    await page.keyboard.press("Enter");
    await page.getByText("The fault was switched on.").waitFor();
    await tabTo(page, "button: Switch all off");
    await page.keyboard.press("Enter");
    await page.getByText("No fault is on").waitFor();
  });

  test("a person makes a test signature, stops the updates, and chooses the colours", async () => {
    const page = await open(`${emulator().origin}/ui/test?policy=p-384`);
    await tabTo(page, "button: Sign and verify");
    await page.keyboard.press("Space");
    await page.getByText("Verified: the signature is good.").waitFor();
    await page.goto(emulator().origin);
    await tabTo(page, "button: Dark");
    await page.keyboard.press("Enter");
    await page.locator('html[data-theme="dark"]').waitFor();
    await tabTo(page, "button: Live");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Live", pressed: false }).waitFor();
  });
});
