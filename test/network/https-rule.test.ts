import { describe, expect, it } from "vitest";
import { createAuthority } from "../support/authority.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy } from "../support/failure.js";
import { startStub } from "../support/stub.js";
import { startStunnel } from "../support/stunnel.js";
import { testWith } from "../support/verifiers.js";
import { ANY_ADDRESS, clientOf, portOf, sign, stubVariables } from "./support.js";

const emulator = useEmulator();

describe("plain http to an address that is not loopback", () => {
  it("is refused before anything is sent", async () => {
    const stub = await startStub(() => ({ status: 200 }));
    const error = codedThrownBy(() => clientOf(emulator(), `http://${ANY_ADDRESS}:${stub.port}`));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(error.message).toContain("SIGNPATH_ALLOW_INSECURE_HTTP");
    expect(error.message).not.toContain(emulator().apiToken);
    expect(stub.connections).toBe(0);
  });

  it.each([
    ["the option", { allowInsecureHttp: true }, {}],
    ["the variable", {}, { SIGNPATH_ALLOW_INSECURE_HTTP: "true" }],
  ])("signs where %s allows it", async (_place, options, variables) => {
    stubVariables(variables);
    await sign(clientOf(emulator(), `http://${ANY_ADDRESS}:${portOf(emulator())}`, options));
  });
});

testWith("stunnel", "a redirect from https to http is not followed", async () => {
  const plain = await startStub(() => ({ body: [] }));
  const location = `${plain.origin}/Api`;
  const redirecting = await startStub(() => ({ status: 307, headers: { location } }));
  const authority = await createAuthority("root");
  const server = await startStunnel({ api: await authority.issue() }, redirecting.port);
  const client = clientOf(emulator(), `https://127.0.0.1:${server.port("api")}`, {
    tls: { ca: authority.cert },
  });
  expect(await codedFailureOf(client.policies())).toMatchObject({
    code: "INVALID_RESPONSE",
    status: 307,
    attempts: 1,
  });
  expect(redirecting.requests).toHaveLength(1);
  expect(plain.connections).toBe(0);
});
