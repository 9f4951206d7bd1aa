import { expect, test } from "vitest";
import { startEmulator } from "../../../src/emulator/index.js";
import { MAIN } from "../../cli/support.js";
import { connect, digest } from "../../support/client.js";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith } from "../../support/verifiers.js";
import { submit } from "../support.js";
import { useBrowser } from "./browser.js";

const emulator = useEmulator();
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/** Signs with a policy that needs an approval; what becomes of it is for the test. */
function signLater(): Promise<string> {
  const signpath = connect(emulator(), { route: "asynchronous" });
  return signpath
    .policy("demo/approval")
    .then((policy) => policy.signHash(digest("SHA-256", "data"), RSA))
    .then(
      (signature) => `${signature.length} bytes`,
      (error: { code?: string }) => String(error.code),
    );
}

describeWith("chromium", "a person in front of the page", () => {
  const open = useBrowser();

  test.each([true, false])(
    "approves and denies what a client waits for; scripts: %s",
    async (javaScriptEnabled) => {
      const page = await open(emulator().origin, { javaScriptEnabled });
      for (const [button, notice, outcome] of [
        ["Approve", "approved", "256 bytes"],
        ["Deny", "denied", "REQUEST_DENIED"],
      ] as const) {
        const before = emulator().signingRequests.length;
        const signing = signLater();
        await expect.poll(() => emulator().signingRequests.length).toBeGreaterThan(before);
        if (!javaScriptEnabled) await page.reload();
        const waiting = page.getByRole("region", { name: "Waiting for approval" });
        await waiting.getByLabel("Reason").fill("<b>because</b>");
        await waiting.getByRole("button", { name: button }).click();
        await page.getByText(`The signing request was ${notice}.`).waitFor();
        expect(await signing).toBe(outcome);
        const { id } = emulator().signingRequests.at(-1) ?? { id: "" };
        await page.goto(`${emulator().origin}/Web/${emulator().organizationId}/SigningRequests/${id}`);
        await page.getByText("by ci: <b>because</b>").waitFor();
        await page.goto(emulator().origin);
      }
    },
  );

  test("switches a fault on that a client meets, and all off", async () => {
    const page = await open(`${emulator().origin}/ui/faults?kind=flipped-bit`);
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByText("The fault was switched on.").waitFor();
    const policy = await connect(emulator()).policy("demo/p-256");
    const signing = policy.signHash(digest("SHA-256", "x"), { name: "ECDSA", hash: "SHA-256" });
    await expect(signing).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
    await page.goto(`${emulator().origin}/ui/faults?kind=status`);
    await page.getByText("No fault is on").waitFor();
    await page.getByLabel("Status", { exact: true }).fill("99");
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByRole("alert").getByText("status must be").waitFor();
    await page.getByLabel("Status", { exact: true }).fill("503");
    await page.getByLabel("How many requests").fill("inf");
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByText("all that come").waitFor();
    expect((await submit(emulator())).status).toBe(503);
    await page.getByRole("button", { name: "Switch all off" }).click();
    await page.getByText("No fault is on").waitFor();
    expect((await submit(emulator())).status).toBe(200);
  });

  test("sets a limit, rotates a certificate and takes the right to submit", async () => {
    const page = await open(`${emulator().origin}/ui/faults`);
    await page.getByLabel("Requests a second").fill("0.001");
    await page.getByRole("button", { name: "Set" }).click();
    await page.getByText("At most 0.001 requests a second, 1 at once.").waitFor();
    expect([(await submit(emulator())).status, (await submit(emulator())).status]).toEqual([200, 429]);
    await page.getByRole("button", { name: "Lift the limit" }).click();
    await page.getByText("There is none.").waitFor();

    const before = await emulator().certificateOf("p-384");
    await page.goto(`${emulator().origin}/ui/policies/p-384`);
    await page.getByLabel("Valid", { exact: true }).selectOption("No longer");
    await page.getByRole("button", { name: "Rotate" }).click();
    await page.getByText("The policy has a new certificate.").waitFor();
    expect(await emulator().certificateOf("p-384")).not.toEqual(before);

    await page.getByRole("button", { name: "Take the right" }).click();
    await page.getByText("may not: the policy is not listed").waitFor();
    await expect(connect(emulator()).policy("demo/p-384")).rejects.toMatchObject({
      code: "POLICY_NOT_FOUND",
    });
    await page.getByRole("button", { name: "Give the right" }).click();
    await page.getByText("may submit to this policy").waitFor();
  });

  test.each([
    ["rsa-2048", "RsaPkcs1", "SHA-256"],
    ["rsa-3072", "RsaPss", "SHA-512"],
    ["rsa-4096", "RsaPss", "SHA-256"],
    ["p-256", "Ecdsa", "SHA-256"],
    ["p-384", "Ecdsa", "SHA-384"],
    ["p-521", "Ecdsa", "SHA-512"],
    ["gpg", "RsaPkcs1", "SHA-384"],
  ])("has the browser sign with %s by %s and %s, and verify it", async (policy, scheme, hash) => {
    const page = await open(`${emulator().origin}/ui/test?policy=${policy}`);
    expect(await page.getByLabel("Policy").inputValue()).toBe(policy);
    await page.getByLabel("Scheme").selectOption(scheme);
    await page.getByLabel("Hash").selectOption(hash);
    await page.getByLabel("Text").fill("some text, äöü");
    await page.getByRole("button", { name: "Sign and verify" }).click();
    await page.getByText("Verified: the signature is good.").waitFor();
    expect(emulator().signingRequests.at(-1)).toMatchObject({
      signingPolicySlug: policy,
      algorithm: scheme,
      hash: digest(hash as "SHA-256", "some text, äöü").toString("hex"),
      commandLine: "test signature in the browser",
    });
  });

  test("is told when the test signature does not verify, and when it is refused", async () => {
    const page = await open(`${emulator().origin}/ui/test`);
    emulator().addFault({ kind: "other-hash" });
    emulator().addFault({ kind: "status", status: 503 });
    for (const text of ["The signature does not verify.", "The server answered with 503"]) {
      await page.getByRole("button", { name: "Sign and verify" }).click();
      await page.getByText(text).waitFor();
    }
    expect(await page.getByText("Verified").count()).toBe(0);
  });

  test("sees what the built command line signs, as it comes, in every tab", async () => {
    const tabs = [await open(`${emulator().origin}/ui/requests`), await open(emulator().origin)];
    const second = await tabs[0]?.context().newPage();
    await second?.goto(`${emulator().origin}/ui/requests?policy=p-256`);
    const out = temporaryFolder();
    const file = `live-${Date.now()}.txt`;
    const args = ["sign", "-", "--policy", "demo/p-256", "--format", "raw", "--out", `${out}/${file}`];
    const env = { PATH: process.env["PATH"], ...emulator().environment };
    const { status, stderr } = await run(process.execPath, [MAIN, ...args], { env, input: file });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const hash = digest("SHA-256", file).toString("hex");
    for (const tab of [...tabs, second]) await tab?.getByText(hash).waitFor();
  });

  test("sees what was signed before the page had its stream of changes", async () => {
    const page = await open(`${emulator().origin}/ui/policies`);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/ui/events", async (route) => {
      await released;
      await route.continue();
    });
    // The page is fetched once more as soon as its scripts run; what comes after that only the stream tells.
    const refreshed = page.waitForResponse((response) => response.request().resourceType() === "fetch");
    await page.goto(`${emulator().origin}/ui/requests`);
    await (await refreshed).finished();
    expect((await submit(emulator())).status).toBe(200);
    release();
    await page.locator(`#link-${emulator().signingRequests.at(-1)?.id}`).waitFor();
  });

  test("keeps the focus and what was typed when the page is brought up to date", async () => {
    const own = await startEmulator();
    try {
      await submit(own, { policy: "approval", fast: "false" });
      const page = await open(own.origin);
      const reason = page.getByLabel("Reason");
      await reason.fill("I am writing");
      await submit(own, { policy: "rsa-2048" });
      await page.getByText("Signed", { exact: true }).waitFor();
      expect(await reason.inputValue()).toBe("I am writing");
      const [link] = await page.locator("#latest a").all();
      await link?.focus();
      const focused = await link?.getAttribute("id");
      await submit(own, { policy: "rsa-2048" });
      await expect.poll(() => page.locator("#latest tbody tr").count()).toBe(3);
      expect(await page.evaluate("document.activeElement.id")).toBe(focused);
      await page.context().close();
    } finally {
      await own.close();
    }
  });

  test("copies the variables with the token, which stands nowhere on the page", async () => {
    const page = await open(emulator().origin, { permissions: ["clipboard-read", "clipboard-write"] });
    if (!(await page.getByRole("button", { name: "Copy with the token for PowerShell" }).isVisible())) {
      await page.getByText("Getting started").click();
    }
    await page.getByRole("button", { name: "Copy with the token for PowerShell" }).click();
    await page.getByText("Copied.").waitFor();
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect(copied).toContain(`$env:SIGNPATH_API_TOKEN='${emulator().apiToken}'`);
    expect(await page.content()).not.toContain(emulator().apiToken);
  });

  test.each([true, false])(
    "chooses the colours, which are remembered; scripts: %s",
    async (javaScriptEnabled) => {
      const page = await open(`${emulator().origin}/ui/policies`, {
        javaScriptEnabled,
        colorScheme: "light",
      });
      await page.getByRole("button", { name: "Dark" }).click();
      await page.locator('html[data-theme="dark"]').waitFor();
      await page.getByRole("button", { name: "Dark", pressed: true }).waitFor();
      expect(page.url()).toBe(`${emulator().origin}/ui/policies`);
      await expect
        .poll(async () => {
          await page.reload();
          return page.locator("html").getAttribute("data-theme");
        })
        .toBe("dark");
    },
  );
});
