import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiToken } from "../../src/config/token.js";
import { failureOf } from "../support/failure.js";
import { configFile, defects, load, refusal } from "./support.js";

const CANARY = "canary/token+Aa0==";

describe("an API token", () => {
  it("is sent as it is, without the white space around it", () => {
    expect(load({ apiToken: CANARY }).token.authorization()).toBe(`Bearer ${CANARY}`);
    expect(load({ apiToken: ` ${CANARY}\n` }).token.authorization()).toBe(`Bearer ${CANARY}`);
  });

  it.each([
    ["encrypted:AQAAANCMnd8", /encrypted token, which only .*Windows driver can read; set the token itself/],
    ["Encrypted:AQAAANCMnd8", /encrypted token/],
    [
      "registry:HKCU/SignPath",
      /Windows registry, which only .*Windows driver can read; set the token itself/,
    ],
    ["REGISTRY:HKCU/SignPath", /Windows registry/],
    [`Bearer ${CANARY}`, /the token alone, without "Bearer"/],
    [`bearer\t${CANARY}`, /the token alone/],
    ["canary token", /visible ASCII/],
    ["canary\r\nx: y", /visible ASCII/],
    ["canarü", /visible ASCII/],
    ["", /is empty/],
    ["   ", /is empty/],
  ])("that is %j is refused in words that do not repeat it", (apiToken, reason) => {
    const { message } = refusal(() => load({ apiToken }));
    expect(message).toMatch(reason);
    expect(message).not.toMatch(/canar|AQAAANCMnd8|HKCU/);
  });

  it("is refused with the place where it stands", () => {
    const path = configFile({ ApiToken: "encrypted:AQAAANCMnd8" });
    const env = { SIGNPATH_CONFIG_FILE: path };
    expect(defects(() => load({ apiToken: undefined }, env))[0]).toContain(
      `ApiToken in ${path} is an encrypted`,
    );
    const other = { SIGNPATH_API_TOKEN: "registry:x" };
    expect(defects(() => load({ apiToken: undefined }, other))[0]).toContain(
      "variable SIGNPATH_API_TOKEN names a",
    );
  });

  it.each([42, {}, true, null, [CANARY]])("that is %j is refused", (apiToken) => {
    const found = defects(() => load({ apiToken: apiToken as unknown as string }));
    expect(found).toEqual(["option apiToken must be text or a function"]);
  });

  it("cannot be printed, serialised or listed", () => {
    const { token } = load({ apiToken: CANARY });
    const shown = [
      inspect(token, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
      JSON.stringify(token),
      String(token),
      JSON.stringify(Object.getOwnPropertyDescriptors(token)),
      JSON.stringify(structuredClone(token)),
    ];
    expect(shown.join("\n")).not.toContain("canary");
  });

  it("is taken out of texts", () => {
    expect(new ApiToken(CANARY).redact(`a ${CANARY} b ${CANARY}`)).toBe("a *** b ***");
  });
});

describe("a function that supplies the token", () => {
  it("is asked each time", async () => {
    let count = 0;
    const { token } = load({ apiToken: () => `token-${++count}` });
    expect(count).toBe(0);
    expect(await token.authorization()).toBe("Bearer token-1");
    expect(await token.authorization()).toBe("Bearer token-2");
  });

  it("may need time, and leave white space", async () => {
    const { token } = load({ apiToken: async () => ` ${CANARY}\n` });
    expect(await token.authorization()).toBe(`Bearer ${CANARY}`);
  });

  it.each([
    [undefined, /gave no token/],
    ["", /gave no token/],
    [" ", /gave no token/],
    [42, /gave no token/],
    [`Bearer ${CANARY}`, /function's token must be the token alone/],
    ["canary canary", /visible ASCII/],
    ["encrypted:canary", /Windows driver/],
  ])("and gives %j is refused in words that do not repeat it", async (given, reason) => {
    const token = new ApiToken(() => given as string);
    const error = await failureOf(Promise.resolve(token.authorization()));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).not.toContain("canary");
  });

  it("has its failure passed on", async () => {
    const thrown = new Error("no token today");
    const token = new ApiToken(() => {
      throw thrown;
    });
    expect(await failureOf(Promise.resolve(token.authorization()))).toBe(thrown);
  });

  it("gives tokens that are taken out of texts as well", async () => {
    const tokens = ["canary-1/a", "canary-2/b"];
    const token = new ApiToken(() => tokens.shift() ?? "canary-3/c");
    await token.authorization();
    await token.authorization();
    expect(token.redact("a canary-1/a b canary-2/b c")).toBe("a *** b *** c");
  });
});
