import { describe, expect, it } from "vitest";
import { parseProxy } from "../../src/config/proxy.js";
import { configFile, defects, load } from "./support.js";

const HOST = "https://app.signpath.io/Api";

describe("a proxy's address", () => {
  it.each([
    ["proxy.example:3128", "http://proxy.example:3128/"],
    ["proxy.example", "http://proxy.example/"],
    ["http://proxy.example:3128", "http://proxy.example:3128/"],
    ["https://proxy.example", "https://proxy.example/"],
    ["10.0.0.1:8080", "http://10.0.0.1:8080/"],
    ["[fd00::1]:8080", "http://[fd00::1]:8080/"],
  ])("can be %j", (given, url) => {
    expect(parseProxy(given)).toEqual({ url });
    expect(load({ proxy: given }).proxy).toEqual({ url });
  });

  it("may hold a user name and a password, which are kept apart from it", () => {
    const proxy = load({ proxy: "http://us%40er:p%3Ass%2Fword@proxy.example:3128" }).proxy;
    expect(proxy?.url).toBe("http://proxy.example:3128/");
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from("us@er:p:ss/word").toString("base64")}`);
    expect(load({ proxy: new URL("http://name@proxy.example") }).proxy?.authorization).toBe(
      `Basic ${Buffer.from("name:").toString("base64")}`,
    );
  });

  it("is not quoted where it is refused", () => {
    const found = defects(() => load({}, { HTTPS_PROXY: "socks5://user:secret-word@proxy" }));
    expect(found).toEqual(["variable HTTPS_PROXY must be host:port or an http:// address"]);
    const spoilt = defects(() => load({ proxy: "http://user:secret-word%@proxy.example" }));
    expect(spoilt).toHaveLength(1);
    expect(spoilt[0]).not.toContain("secret-word");
  });
});

describe("the proxy", () => {
  it.each([
    ["HTTPS_PROXY", { HTTPS_PROXY: "a:1", https_proxy: "b:1", http_proxy: "c:1", HTTP_PROXY: "d:1" }, "a"],
    ["https_proxy", { https_proxy: "b:1", http_proxy: "c:1", HTTP_PROXY: "d:1" }, "b"],
    ["http_proxy, as the crypto providers have it", { http_proxy: "c:1", HTTP_PROXY: "d:1" }, "c"],
  ])("for https is the one of %s", (_name, env, host) => {
    expect(load({ apiUrl: HOST }, env).proxy?.url).toBe(`http://${host}:1/`);
  });

  it("for https is not the one of HTTP_PROXY", () => {
    expect(load({ apiUrl: HOST }, { HTTP_PROXY: "d:1" }).proxy).toBeUndefined();
  });

  it("for http is the one of HTTP_PROXY", () => {
    const options = { apiUrl: "http://signpath.example", allowInsecureHttp: true };
    const env = { HTTP_PROXY: "a:1", http_proxy: "b:1", HTTPS_PROXY: "c:1" };
    expect(load(options, env).proxy?.url).toBe("http://a:1/");
    expect(load(options, { http_proxy: "b:1", HTTPS_PROXY: "c:1" }).proxy?.url).toBe("http://b:1/");
    expect(load(options, { HTTPS_PROXY: "c:1" }).proxy).toBeUndefined();
  });

  it("is the option's, else the environment's, else the file's", () => {
    const configured = configFile({ HttpProxy: "file:1" });
    const env = { http_proxy: "environment:1" };
    expect(load({ proxy: "option:1", configFile: configured }, env).proxy?.url).toBe("http://option:1/");
    expect(load({ configFile: configured }, env).proxy?.url).toBe("http://environment:1/");
    expect(load({ configFile: configured }).proxy?.url).toBe("http://file:1/");
    expect(load().proxy).toBeUndefined();
  });

  it("can be switched off", () => {
    const configured = configFile({ HttpProxy: "file:1" });
    expect(load({ proxy: false, configFile: configured }, { HTTPS_PROXY: "a:1" }).proxy).toBeUndefined();
  });

  it("is not used for this machine, unless it is an option", () => {
    const apiUrl = "http://127.0.0.1:3000";
    const configured = configFile({ HttpProxy: "file:1" });
    expect(load({ apiUrl, configFile: configured }, { http_proxy: "a:1" }).proxy).toBeUndefined();
    expect(load({ apiUrl, proxy: "option:1" }).proxy?.url).toBe("http://option:1/");
  });

  it.each([
    "app.signpath.io",
    "APP.signpath.IO",
    "signpath.io",
    ".signpath.io",
    "*.signpath.io",
    "other.example, app.signpath.io",
    "other.example app.signpath.io",
    "app.signpath.io:443",
    "*",
  ])("is not used where NO_PROXY is %j", (list) => {
    const env = { HTTPS_PROXY: "a:1" };
    const configured = configFile({ HttpProxy: "file:1" });
    expect(load({}, { ...env, NO_PROXY: list }).proxy).toBeUndefined();
    expect(load({}, { ...env, no_proxy: list }).proxy).toBeUndefined();
    expect(load({ configFile: configured }, { NO_PROXY: list }).proxy).toBeUndefined();
    expect(load({ proxy: "option:1" }, { NO_PROXY: list }).proxy?.url).toBe("http://option:1/");
  });

  it.each([
    "example.com",
    "path.io",
    "app.signpath.io.example",
    "app.signpath.io:8443",
    "other.app.signpath.io",
    "",
    ",",
    ":443",
  ])("is used where NO_PROXY is %j", (list) => {
    expect(load({}, { HTTPS_PROXY: "a:1", NO_PROXY: list }).proxy?.url).toBe("http://a:1/");
  });

  it("is used for another port than the one that NO_PROXY lists", () => {
    const apiUrl = "https://app.signpath.io:8443";
    expect(load({ apiUrl }, { HTTPS_PROXY: "a:1", NO_PROXY: "app.signpath.io:8443" }).proxy).toBeUndefined();
    expect(load({ apiUrl }, { HTTPS_PROXY: "a:1", NO_PROXY: "app.signpath.io:443" }).proxy).toBeDefined();
  });

  it.each([
    ["https://10.20.30.40", "10.20.30.40"],
    ["https://10.20.30.40", "10.20.0.0/16"],
    ["https://10.20.30.40:8443", "10.0.0.0/8:8443"],
    ["https://[2001:db8::7]", "2001:db8::7"],
    ["https://[2001:db8::7]", "[2001:db8::7]"],
    ["https://[2001:db8::7]:8443", "[2001:db8:0::7]:8443"],
    ["https://[2001:db8::7]", "2001:db8::/32"],
    ["https://[2001:db8::7]", "example.com, 10.0.0.0/8, 2001:db8::/32"],
  ])("is not used for %j where NO_PROXY is %j", (apiUrl, list) => {
    expect(load({ apiUrl }, { HTTPS_PROXY: "a:1", NO_PROXY: list }).proxy).toBeUndefined();
  });

  it.each([
    ["https://10.20.30.40", "10.20.30.4"],
    ["https://10.20.30.40", "30.40"],
    ["https://10.20.30.40", "10.21.0.0/16"],
    ["https://10.20.30.40", "10.20.30.40/33"],
    ["https://10.20.30.40", "10.20.30.0/"],
    ["https://10.20.30.40", "10.20.30.0/x"],
    ["https://10.20.30.40", "10.0.0.0/8:8443"],
    ["https://10.20.30.40", "2001:db8::/32"],
    ["https://[2001:db8::7]", "2001:db8::8"],
    ["https://[2001:db8::7]", "[2001:db8::7]:8443"],
    ["https://[2001:db8::7]", "10.0.0.0/8"],
    ["https://app.signpath.io", "10.0.0.0/8"],
  ])("is used for %j where NO_PROXY is %j", (apiUrl, list) => {
    expect(load({ apiUrl }, { HTTPS_PROXY: "a:1", NO_PROXY: list }).proxy?.url).toBe("http://a:1/");
  });

  it("takes a password without a name", () => {
    const { proxy } = load({ proxy: "http://:secret@proxy.example" });
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from(":secret").toString("base64")}`);
  });
});
