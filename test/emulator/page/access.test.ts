import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { startEmulator } from "../../../src/emulator/index.js";
import { useEmulator } from "../../support/emulator.js";
import { ecdsaPayload, submit } from "../support.js";
import { NAVIGATION, OWN_FORM, post, sessionOf, visit } from "./support.js";

const emulator = useEmulator();

const PAGES = ["/", "/ui/requests", "/ui/policies", "/ui/policies/p-256", "/ui/faults", "/ui/test"];

describe("the first page", () => {
  test("is text for whoever does not ask for HTML", async () => {
    for (const accept of [undefined, "*/*", "application/json"]) {
      const { headers, text } = await visit(emulator(), "/", {
        headers: accept === undefined ? {} : { accept },
      });
      expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
      expect(text).toContain(`API:           ${emulator().origin}/Api`);
      expect(headers["set-cookie"]).toBeUndefined();
    }
  });

  test("is HTML for a browser, with a cookie for the pages alone", async () => {
    const { headers, text } = await visit(emulator(), "/");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(text).toMatch(/^<!DOCTYPE html>\n<html lang="en"/);
    const port = new URL(emulator().origin).port;
    expect(headers["set-cookie"]).toMatch(
      new RegExp(`^signpath-emulator-${port}=[\\w-]{43}; Path=/ui/; HttpOnly; SameSite=Strict$`),
    );
  });
});

describe("every page", () => {
  test("is below /ui, which leads to the first one", async () => {
    for (const path of ["/ui", "/UI/"]) {
      const { status, headers } = await visit(emulator(), path);
      expect([status, headers["location"]]).toEqual([303, "/"]);
    }
  });

  test.each(PAGES)("%s forbids what it does not need, and holds no token", async (path) => {
    const { status, headers, text } = await visit(emulator(), path);
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["cache-control"]).toBe("no-store");
    expect(text).not.toMatch(/<script(?! type="module" src="\/ui\/assets\/)|<style| style=| on\w+=/);
    expect(text).not.toContain(emulator().apiToken);
    expect(text).not.toContain(encodeURIComponent(emulator().apiToken));
  });

  test.each([
    ["evil.example", 403],
    ["127.0.0.1", 403],
    ["127.0.0.1:1", 403],
    ["localhost.evil.example:PORT", 403],
    ["user@127.0.0.1:PORT", 403],
    ["127.0.0.1:PORT/x", 403],
    ["localhost:PORT", 200],
    ["[::1]:PORT", 200],
  ])("answers to the Host %s with %i", async (host, status) => {
    const { port } = new URL(emulator().origin);
    for (const path of ["/", "/ui/requests"]) {
      const headers = { ...NAVIGATION, host: host.replace("PORT", port) };
      const answer = await visit(emulator(), path, { headers });
      expect(answer.status).toBe(status);
      expect(answer.headers["set-cookie"] === undefined).toBe(status === 403);
    }
  });

  test("can be come to from another site, but not be fetched or framed by one", async () => {
    const from = { ...NAVIGATION, "sec-fetch-site": "cross-site" };
    expect((await visit(emulator(), "/ui/faults", { headers: from })).status).toBe(200);
    for (const more of [
      { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
      { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
      { "sec-fetch-dest": "iframe" },
    ]) {
      expect((await visit(emulator(), "/ui/faults", { headers: { ...from, ...more } })).status).toBe(403);
    }
  });
});

describe("a form", () => {
  const fault = { kind: "html", count: "1" };

  test("acts with the session's cookie, and sends the browser on", async () => {
    const answer = await post(emulator(), "/ui/faults", fault);
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/ui/faults?done=fault-added"]);
    expect((await post(emulator(), "/ui/faults/clear")).status).toBe(303);
  });

  test("switches one fault off, and leaves the others on", async () => {
    for (const kind of ["html", "redirect"])
      await post(emulator(), "/ui/faults", { ...fault, kind, location: "/" });
    const [, id = ""] =
      /name="id" value="(\d+)">Off<span class="unseen">: html</.exec(
        (await visit(emulator(), "/ui/faults")).text,
      ) ?? [];
    const answer = await post(emulator(), "/ui/faults/remove", { id });
    expect(answer.headers["location"]).toBe("/ui/faults?done=fault-removed");
    const { text } = await visit(emulator(), "/ui/faults");
    expect(text.match(/: (html|redirect)</g)).toEqual([": redirect<"]);
    await post(emulator(), "/ui/faults/clear");
  });

  test.each([
    ["no cookie", { ...OWN_FORM, cookie: "" }],
    ["a wrong cookie", { ...OWN_FORM, cookie: "signpath-emulator-PORT=AAAA" }],
    ["a page of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["another port of this machine", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" }],
    ["an older browser's page of another site", { origin: "https://evil.example" }],
    ["a sandbox", { origin: "null" }],
    ["who does not say where it comes from", {}],
    ["an address typed in", { "sec-fetch-site": "none" }],
    ["a foreign Host", { ...OWN_FORM, host: "evil.example" }],
  ] as [string, Record<string, string>][])("is refused from %s", async (_who, given) => {
    const cookie = (given["cookie"] ?? (await sessionOf(emulator()))).replace(
      "PORT",
      new URL(emulator().origin).port,
    );
    for (const path of [
      "/ui/faults",
      "/ui/faults/clear",
      "/ui/faults/remove",
      "/ui/environment",
      "/ui/theme",
      "/ui/rate-limit",
    ]) {
      const answer = await visit(emulator(), path, { form: fault, headers: { ...given, cookie } });
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain(emulator().apiToken);
    }
    expect((await visit(emulator(), "/ui/faults")).text).toContain("No fault is on");
  });

  test("is refused under another type, which a page of another site could send", async () => {
    const headers = { ...OWN_FORM, cookie: await sessionOf(emulator()), "content-type": "text/plain" };
    expect((await visit(emulator(), "/ui/faults", { body: "kind=html", headers })).status).toBe(415);
  });

  test("sends nobody to another place than a page", async () => {
    for (const [back, place] of [
      ["https://evil.example/", "/"],
      ["//evil.example/", "/"],
      ["/\\evil.example", "/"],
      ["/ui/faults?kind=html", "/ui/faults?kind=html"],
    ] as const) {
      const { headers } = await post(emulator(), "/ui/theme", { theme: "dark", return: back });
      expect(headers["location"]).toBe(place);
    }
  });

  test("gives the token to a deliberate request, as text", async () => {
    const { status, headers, text } = await post(emulator(), "/ui/environment", { shell: "bash" });
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "text/plain; charset=utf-8",
      "no-store",
    ]);
    expect(text).toContain(`export SIGNPATH_API_TOKEN='${emulator().apiToken}'`);
    expect((await visit(emulator(), "/ui/environment")).status).toBe(404);
  });
});

describe("live updates", () => {
  test("need the session", async () => {
    const { status } = await visit(emulator(), "/ui/events", {
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(status).toBe(403);
  });

  test("are few, tell of a signing request, and do not keep the emulator from closing", async () => {
    const own = await startEmulator();
    const headers = { "sec-fetch-site": "same-origin", cookie: await sessionOf(own) };
    const streams = await Promise.all(
      Array.from({ length: 64 }, () => request(`${own.origin}/ui/events`, { headers })),
    );
    expect(new Set(streams.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect((await visit(own, "/ui/events", { headers })).status).toBe(503);
    const [stream] = streams;
    if (stream === undefined) throw new Error("there is no stream");
    const told = (async () => {
      for await (const chunk of stream.body) if (String(chunk).includes("data: changed")) return true;
      return false;
    })();
    await submit(own, { policy: "p-256", payload: ecdsaPayload() });
    expect(await told).toBe(true);
    // The others are not read: nothing that piles up there holds the end up.
    const ends = streams.slice(1).map(({ body }) => body.text().catch(() => "cut"));
    await Promise.race([
      own.close(),
      delay(30_000, undefined, { ref: false }).then(() => expect.unreachable()),
    ]);
    expect(new Set(await Promise.all(ends))).toEqual(new Set(["cut"]));
  });
});
