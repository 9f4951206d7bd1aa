import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { loadPeer, missingPeer } from "../../src/adapter/peer.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { run } from "../support/run.js";

const absent = "a-package-that-nobody-has";

it("gives the peer that is installed", async () => {
  expect((await loadPeer("jose", () => import("jose"))).SignJWT).toBeTypeOf("function");
});

/** What Node itself says of a package that is not there: vitest, which imports for the tests, has words of its own. */
async function nodesError(): Promise<Error> {
  const source = `import("${absent}").catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source]);
  const { code, message } = JSON.parse(stdout) as { code: string; message: string };
  return Object.assign(new Error(message), { code });
}

it("names the package that is not installed, and how to install it", async () => {
  for (const load of [
    async () => Promise.reject(await nodesError()),
    async () => createRequire(import.meta.url)(absent) as unknown,
    async () => createRequire(import.meta.url)(`${absent}/deep`) as unknown,
  ]) {
    const failure = await codedFailureOf(loadPeer(absent, load));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", stage: "config", attempts: 0 });
    expect(failure.message).toContain(`npm install ${absent}`);
    expect(failure.cause).toHaveProperty("code", expect.stringMatching(/MODULE_NOT_FOUND$/));
  }
});

it("passes on what a peer itself fails with, and that it lacks another package", async () => {
  const broken = new Error("broken");
  expect(await failureOf(loadPeer(absent, () => Promise.reject(broken)))).toBe(broken);
  const other = Object.assign(new Error("Cannot find package 'other'"), { code: "ERR_MODULE_NOT_FOUND" });
  expect(await failureOf(loadPeer(absent, () => Promise.reject(other)))).toBe(other);
});

it("is an error without a cause as well", () => {
  expect("cause" in missingPeer(["jose"])).toBe(false);
});
