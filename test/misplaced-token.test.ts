import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SignPathOptions } from "../src/index.js";
import { SignPath } from "../src/index.js";
import type { PolicyReference } from "../src/policy/reference.js";
import { configFile, defects, load, ORGANIZATION, refusal } from "./config/support.js";
import { connect } from "./support/client.js";
import { failureOf } from "./support/failure.js";
import { everythingIn } from "./support/leaks.js";
import { startStub } from "./support/stub.js";
import { temporaryFolder } from "./support/temporary.js";

const CANARY = "canary+Token/7f3a9c0d5e==";

/** A client's settings, with the token in one place more. */
const PLACES: Readonly<Record<string, () => SignPathOptions>> = {
  organizationId: () => ({ organizationId: CANARY }),
  "the address": () => ({ apiUrl: `https://app.signpath.io/${CANARY}` }),
  "the address as a URL": () => ({ apiUrl: new URL(`https://app.signpath.io/${CANARY}/Api`) }),
  projectSlug: () => ({ projectSlug: `app-${CANARY}` }),
  signingPolicySlug: () => ({ signingPolicySlug: CANARY }),
  "the path of the configuration file": () => ({ configFile: join(temporaryFolder(), CANARY) }),
  "a slug of the file": () => ({ configFile: configFile({ ProjectSlug: CANARY }) }),
  "a path of the file": () => ({ configFile: configFile({ TlsCaCertificates: `/${CANARY}.pem` }) }),
};

describe("an API token in the place of another setting", () => {
  it.each(Object.keys(PLACES))("is refused and not shown: %s", (place) => {
    const settings = { apiToken: CANARY, ...PLACES[place]?.() };
    expect(everythingIn(refusal(() => load(settings)))).not.toContain(CANARY);
  });

  it.each([
    "SIGNPATH_ORGANIZATION_ID",
    "SIGNPATH_PROJECT_SLUG",
    "SIGNPATH_TLS_CA_CERTIFICATES",
    "SIGNPATH_TLS_CLIENT_CERTIFICATE",
    "SIGNPATH_TLS_CLIENT_KEY",
    "SIGNPATH_CONFIG_FILE",
  ])("is refused and not shown: %s", (variable) => {
    const env = { SIGNPATH_API_TOKEN: CANARY, [variable]: CANARY };
    const organizationId = variable === "SIGNPATH_ORGANIZATION_ID" ? undefined : ORGANIZATION;
    const error = refusal(() => load({ apiToken: undefined, organizationId }, env));
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it("is not shown either where another token wins", () => {
    const env = { SIGNPATH_API_TOKEN: CANARY, SIGNPATH_TLS_CLIENT_KEY: CANARY };
    expect(everythingIn(refusal(() => load({}, env)))).not.toContain(CANARY);
  });

  it("is named as what it is, and every defect of the file without it", () => {
    const file = configFile({ ApiToken: CANARY, ProjectSlug: CANARY, Route: CANARY }, "canary+Token");
    const found = defects(() => load({ apiToken: undefined, configFile: file }));
    expect(found).toEqual([
      `ProjectSlug in ${file} holds the API token`,
      `Route in ${file} must be one of auto, fast, sign-hash, asynchronous`,
    ]);
  });

  it("may be as short as tests have it without being looked for in other words", () => {
    const { projectSlug, baseUrl } = load({ apiToken: "app", projectSlug: "app" });
    expect([projectSlug, baseUrl.host]).toEqual(["app", "app.signpath.io"]);
    expect(defects(() => load({ apiToken: "option", route: "x" as "auto" }))[0]).toMatch(/^option route/);
  });
});

describe("an API token in the place of a signing policy's name", () => {
  const references: PolicyReference[] = [
    CANARY,
    `${CANARY}/`,
    `app/${CANARY}`,
    { projectSlug: CANARY, signingPolicySlug: "release" },
    { projectSlug: "app", signingPolicySlug: ` ${CANARY}` },
  ];

  it.each(references)("is refused before it is sent: %j", async (reference) => {
    const stub = await startStub(() => ({ body: { signingPolicies: [] } }));
    const server = { apiUrl: stub.origin, organizationId: ORGANIZATION, apiToken: CANARY };
    const signpath = connect(server);
    const failures = [await failureOf(signpath.policy(reference))];
    if (typeof reference === "object") failures.push(await failureOf(signpath.policies(reference)));
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
      expect(everythingIn(failure)).not.toContain(CANARY);
    }
    expect(stub.requests).toEqual([]);
  });

  it("is refused where a function has supplied it", async () => {
    const stub = await startStub(() => ({ body: { signingPolicies: [] } }));
    const apiToken = async (): Promise<string> => CANARY;
    const signpath = new SignPath({ apiUrl: stub.origin, organizationId: ORGANIZATION, apiToken });
    onTestFinished(() => signpath.close());
    await signpath.policies();
    const failure = await failureOf(signpath.policies({ projectSlug: CANARY }));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID" });
    expect(everythingIn(failure)).not.toContain(CANARY);
    expect(stub.requests).toHaveLength(1);
  });
});
