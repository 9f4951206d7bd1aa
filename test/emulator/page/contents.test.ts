import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEmulator } from "../../../src/emulator/index.js";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith } from "../../support/verifiers.js";
import { ecdsaPayload, field, hashOf, MESSAGE, rsaPayload, signHash, submit } from "../support.js";
import { NAVIGATION, OWN_FORM, post, sessionOf, visit } from "./support.js";

const emulator = useEmulator();

/** The page of the newest signing request. */
async function newestPage(): Promise<string> {
  const { id } = emulator().signingRequests.at(-1) ?? { id: "" };
  return (await visit(emulator(), `/Web/${emulator().organizationId}/SigningRequests/${id}`)).text;
}

describe("a signing request's page", () => {
  test("has what went over the wire, without the token", async () => {
    await submit(emulator(), { payload: rsaPayload({ Metadata: { note: emulator().apiToken } }) });
    const text = await newestPage();
    expect(text).toContain("Authorization: Bearer [token]".replaceAll("'", "&#39;"));
    expect(text).toContain("POST /Api/v1/");
    expect(text).toContain(hashOf("sha256"));
    expect(text).toContain(`&#34;Signature&#34;: &#34;`);
    expect(text.includes(emulator().apiToken)).toBe(false);
    expect(text.match(/note&#34;: &#34;\[token\]/g)).toHaveLength(2);
  });

  test("says why a submission was refused", async () => {
    await submit(emulator(), { policy: "forbidden", payload: ecdsaPayload() });
    const list = await visit(emulator(), "/ui/requests?result=refused");
    const [, path = ""] = /href="(\/Web\/[^"]+)"/.exec(list.text) ?? [];
    const { text } = await visit(emulator(), path);
    expect(text).toContain("Answered with 403: You are not a submitter of the signing policy");
    expect(list.text).toContain('<span class="badge bad">Refused</span>');
  });

  test("is not there for another organization or another id", async () => {
    const { id } = emulator().signingRequests.at(-1) ?? { id: "" };
    const other = emulator().organizationId.replace(/^./, "0");
    const { organizationId } = emulator();
    for (const path of [
      `/Web/${other}/SigningRequests/${id}`,
      `/Web/${organizationId}/SigningRequests/${other}`,
    ]) {
      expect((await visit(emulator(), path)).status).toBe(404);
    }
  });
});

describe("hostile text", () => {
  const EVIL = `"><img src=x onerror=alert(1)><script>alert(1)</script>'\`&\u202e\u0007</pre></code>`;

  test("is text, wherever it comes from, and its address is no link", async () => {
    for (const url of ["javascript:alert(1)", `https://ci.example/"onmouseover=alert(1) x="`, EVIL]) {
      const build = { Url: url, Commit: EVIL, Job: EVIL };
      const Metadata = { CreatingProcess: { CommandLine: EVIL, User: EVIL }, Build: build, [EVIL]: EVIL };
      const more = [field("Description", EVIL)];
      expect((await submit(emulator(), { payload: rsaPayload({ Metadata }), more })).status).toBe(200);
    }
    await submit(emulator(), { project: EVIL, policy: EVIL });
    await submit(emulator(), { policy: "approval", fast: "false", more: [field("Description", EVIL)] });
    const waiting = emulator().signingRequests.at(-1)?.id ?? "";
    await post(emulator(), `/ui/requests/${waiting}/decide`, { verdict: "deny", reason: EVIL, return: "/" });
    const entries = emulator().signingRequests.slice(-4);
    const log = await visit(emulator(), "/ui/requests");
    const refused = [...log.text.matchAll(/href="(\/Web\/[^"]+)"/g)].map(([, path = ""]) => path);
    const paths = [
      "/",
      "/ui/requests",
      `/ui/requests?text=${encodeURIComponent(EVIL)}`,
      `/ui/requests?policy=${encodeURIComponent(EVIL)}`,
      `/ui/faults?kind=${encodeURIComponent(EVIL)}&route=${encodeURIComponent(EVIL)}&count=${encodeURIComponent(EVIL)}`,
      `/ui/test?policy=${encodeURIComponent(EVIL)}`,
      `/ui/${encodeURIComponent(EVIL)}`,
      ...refused,
    ];
    expect(refused.length).toBeGreaterThan(entries.length);
    for (const path of paths) {
      const { text } = await visit(emulator(), path);
      const bare = text.replace(/"[^"]*"/g, '""');
      expect(/<img src=x|<script>|<[^<>]* on\w+=|\u202e/.test(bare), path).toBe(false);
      expect(text.includes("\u0007"), path).toBe(false);
      const foreign = /href="(?!\/|https:\/\/ci\.example\/%22|#|http:\/\/127)[^"]*"/.exec(text);
      expect(foreign?.[0], path).toBeUndefined();
    }
  });

  test("in a form comes back as text", async () => {
    const { status, text } = await post(emulator(), "/ui/faults", {
      kind: "redirect",
      location: EVIL,
      status: EVIL,
    });
    expect(status).toBe(400);
    expect(text).not.toMatch(/<img src=x|<script>/);
  });
});

describe("the audit log", () => {
  test("shows fifty entries, and goes on from where it ended", async () => {
    const own = await startEmulator();
    for (let i = 0; i < 120; i++) await submit(own, { policy: "p-256", payload: ecdsaPayload() });
    const seen: string[] = [];
    let path: string | undefined = "/ui/requests";
    const lengths: number[] = [];
    while (path !== undefined) {
      const { text }: { text: string } = await visit(own, path);
      const ids = [...text.matchAll(/<tr role="row" id="row-([\w-]+)"/g)].map(([, id = ""]) => id);
      lengths.push(ids.length);
      seen.push(...ids);
      path = /id="older" rel="next" href="([^"]+)"/.exec(text)?.[1];
    }
    expect(lengths).toEqual([50, 50, 20]);
    expect(seen.reverse()).toEqual(own.signingRequests.map(({ id }) => id));
    const filtered = await visit(own, "/ui/requests?result=denied");
    expect(filtered.text).toContain("No signing request is like that.");
    await own.close();
  });
});

describe("a policy's page", () => {
  test("gives its certificate, its chain and its key", async () => {
    const file = async (name: string): Promise<string> =>
      (await visit(emulator(), `/ui/policies/p-384/${name}`)).text;
    const certificate = new X509Certificate(await file("certificate.pem"));
    expect(certificate.raw).toEqual(Buffer.from(await emulator().certificateOf("p-384")));
    const chain =
      (await file("chain.pem")).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const [leaf, intermediate, root] = chain.map((pem) => new X509Certificate(pem));
    expect(leaf?.raw).toEqual(certificate.raw);
    expect([
      leaf?.checkIssued(intermediate as X509Certificate),
      intermediate?.checkIssued(root as X509Certificate),
    ]).toEqual([true, true]);
    expect(await file("public-key.pem")).toBe(await emulator().publicKeyOf("p-384"));
    expect((await visit(emulator(), "/ui/policies/gpg/certificate.pem")).status).toBe(404);
    expect((await visit(emulator(), "/ui/policies/nothing")).status).toBe(404);
    expect((await visit(emulator(), "/ui/policies/p-384/private-key.pem")).status).toBe(404);
  });
});

describe("with several users", () => {
  test("the page acts for the one that was chosen, with that one's rights", async () => {
    const own = await startEmulator({
      organizations: [
        {
          name: "Acme",
          users: [
            { name: "builds", submitter: ["p-256", "approval"] },
            { name: "boss", approver: "*" },
          ],
        },
        { name: "Other", users: [{ name: "stranger", submitter: "*" }] },
      ],
    });
    await submit(own, { policy: "approval", fast: "false" });
    const { id } = own.signingRequests[0] ?? { id: "" };
    const session = await sessionOf(own);
    const { port } = new URL(own.origin);
    // The choice in another emulator, on another port, is none here.
    const as = (user: string): Record<string, string> => ({
      ...OWN_FORM,
      cookie: `${session}; signpath-emulator-user-1=stranger; signpath-emulator-user-${port}=${user}`,
    });
    const decide = (user: string, verdict: string): ReturnType<typeof visit> =>
      visit(own, `/ui/requests/${id}/decide`, { form: { verdict, return: "/" }, headers: as(user) });
    expect((await visit(own, "/", { headers: as("builds") })).text).toContain("builds is no approver");
    expect((await decide("builds", "approve")).status).toBe(403);
    expect((await decide("stranger", "approve")).status).toBe(403);
    expect((await visit(own, "/ui/requests", { headers: as("stranger") })).text).not.toContain(id);
    expect((await visit(own, "/", { headers: as("boss") })).text).toContain(`id="approve-${id}"`);
    expect((await decide("boss", "approve")).status).toBe(303);
    expect((await decide("boss", "approve")).status).toBe(409);
    expect(own.signingRequests[0]?.decisions).toMatchObject([{ verdict: "approved", by: "boss" }]);
    const tokens = own.organizations.flatMap(({ users }) => users.map(({ apiToken }) => apiToken));
    for (const [place, user] of ["builds", "boss", "stranger"].entries()) {
      const { text } = await visit(own, "/ui/environment", { form: { shell: "cmd" }, headers: as(user) });
      expect(tokens.map((token) => text.includes(token))).toEqual([0, 1, 2].map((each) => each === place));
    }
    const chosen = await visit(own, "/ui/user", {
      form: { user: "boss", return: "/ui/test" },
      headers: as(""),
    });
    expect([chosen.status, chosen.headers["set-cookie"]]).toEqual([
      303,
      expect.stringMatching(/^signpath-emulator-user-\d+=boss; Path=\/;/),
    ]);
    expect((await visit(own, "/ui/user", { form: { user: "x\r\ny" }, headers: as("") })).status).toBe(404);
    await own.close();
  });
});

describe("the page's own signing requests", () => {
  test("need the session, and no token", async () => {
    for (const headers of [
      { ...NAVIGATION, authorization: `Bearer ${emulator().apiToken}` },
      { "sec-fetch-site": "cross-site", cookie: await sessionOf(emulator()) },
      { "sec-fetch-site": "same-origin" },
    ]) {
      const answer = await visit(emulator(), "/ui/api/SigningRequests", {
        method: "POST",
        body: "x",
        headers,
      });
      expect(answer.status).toBe(403);
    }
    const headers = { "sec-fetch-site": "same-origin", cookie: await sessionOf(emulator()) };
    expect((await visit(emulator(), "/ui/api/SigningRequests", { body: "x", headers })).status).toBe(415);
  });
});

describeWith("openssl", "the commands on a signing request's page", () => {
  test.each([
    ["RSA PKCS#1", () => submit(emulator(), { payload: rsaPayload() })],
    [
      "RSA-PSS",
      () => submit(emulator(), { policy: "rsa-3072", payload: rsaPayload({ SignatureAlgorithm: "RsaPss" }) }),
    ],
    ["ECDSA", () => submit(emulator(), { policy: "p-384", payload: ecdsaPayload() })],
    [
      "ECDSA in ASN.1",
      () => submit(emulator(), { policy: "p-521", payload: ecdsaPayload({ EcdsaSignatureFormat: "Asn1" }) }),
    ],
    [
      "SignHash",
      () =>
        signHash(emulator(), {
          hash: hashOf("sha256"),
          signatureAlgorithm: "Rsa",
          rsaOptions: { hashAlgorithmName: "Sha256" },
        }),
    ],
  ])("verify %s", async (_name, sign) => {
    expect((await sign()).status).toBe(200);
    // What it was signed with counts, not what comes later.
    await emulator().rotateCertificate(emulator().signingRequests.at(-1)?.signingPolicySlug ?? "", {
      newKey: true,
    });
    const page = await newestPage();
    const cwd = temporaryFolder();
    const [fetching, verifying] = [commandIn(page, "verify-hash"), commandIn(page, "verify-file")];
    // Not every machine has curl, and what it fetches is what this does.
    const files = /'(http[^{]+)\{([^}]+)\}'/.exec(fetching);
    for (const name of (files?.[2] ?? "").split(",")) {
      const answer = await fetch(`${files?.[1]}${name}`);
      writeFileSync(join(cwd, name), Buffer.from(await answer.arrayBuffer()));
    }
    const hashed = await run("sh", ["-c", fetching.slice(fetching.indexOf("openssl"))], { cwd });
    expect([hashed.status, hashed.stdout]).toEqual([0, "Signature Verified Successfully\n"]);
    await run("sh", ["-c", "cat > FILE"], { cwd, input: MESSAGE });
    expect(await run("sh", ["-c", verifying], { cwd })).toMatchObject({ status: 0, stdout: "Verified OK\n" });
    expect(readFileSync(join(cwd, "hash.bin")).toString("base64")).toBe(hashOf("sha256"));
  });
});

function commandIn(page: string, id: string): string {
  const [, escaped = ""] = new RegExp(`<pre id="${id}"[^>]*>([^<]*)</pre>`).exec(page) ?? [];
  return escaped.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
}
