import { createHash } from "node:crypto";
import { Key, Metadata, MetadataKind, Root, Signature, Targets } from "@tufjs/models";
import { describe, expect, it } from "vitest";
import { signTuf, tufKey } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { flipped, opensslAccepts, refusalOf } from "./signers-support.js";

const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "@tufjs/models",
  use: "`signTuf(metadata, { policy, Signature })`",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "@tufjs/models"],
});

const PSS = ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:sha256"];
const VARIANTS = [
  { slug: "rsa-2048", name: "RSA-PSS", keytype: "rsa", scheme: "rsassa-pss-sha256", options: PSS },
  { slug: "rsa-4096", name: "RSA-PSS", keytype: "rsa", scheme: "rsassa-pss-sha256", options: PSS },
  { slug: "p-256", name: "ECDSA", keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", options: [] },
];

/** Canonical JSON as TUF has it: sorted names, no white space, and nothing escaped but quotation mark and backslash. */
function canonicalize(value: unknown): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  const found = value as Readonly<Record<string, unknown>>;
  return `{${names.map((name) => `${canonicalize(name)}:${canonicalize(found[name])}`).join(",")}}`;
}

const targets = (version: number): Metadata<Targets> =>
  new Metadata(new Targets({ version, specVersion: "1.0.31", expires: "2099-01-01T00:00:00Z", targets: {} }));

const rootOf = (...keys: readonly Key[]): Metadata<Root> => {
  const root = new Root({ version: 1, specVersion: "1.0.31", expires: "2099-01-01T00:00:00Z" });
  for (const key of keys) {
    root.addKey(key, "root");
    root.addKey(key, "targets");
  }
  const role = root.roles["targets"];
  if (role === undefined) throw new Error("no role");
  Object.assign(role, { threshold: keys.length });
  return new Metadata(root);
};

describe("signTuf", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  for (const { slug, name, keytype, scheme, options } of VARIANTS) {
    proves(
      `signs metadata that openssl and verifyDelegate accept, by ${slug}`,
      provenBy(slug, name),
      async () => {
        const policy = await signpath().policy(`demo/${slug}`);
        const pem = await emulator().publicKeyOf(slug);
        const root = rootOf(new Key(await tufKey(policy)));
        await signTuf(root, { policy, Signature });
        root.verifyDelegate("root", root);
        const json = JSON.parse(JSON.stringify(root.toJSON()));
        const [[keyid, key]] = Object.entries(json.signed.keys) as [[string, object]];
        expect(key).toEqual({ keytype, scheme, keyval: { public: pem } });
        expect(keyid).toBe(createHash("sha256").update(canonicalize(key)).digest("hex"));
        expect(json.signatures).toEqual([{ keyid, sig: expect.stringMatching(/^[0-9a-f]+$/) }]);

        const data = Buffer.from(canonicalize(json.signed));
        const signature = Buffer.from(json.signatures[0].sig, "hex");
        expect(await opensslAccepts(pem, "sha256", { data, signature }, ...options)).toBe(true);
        expect(await opensslAccepts(pem, "sha256", { data: flipped(data), signature }, ...options)).toBe(
          false,
        );

        json.signed.version = 2;
        const forged = Metadata.fromJSON(MetadataKind.Root, json);
        expect(() => root.verifyDelegate("root", forged)).toThrow("root was signed by 0/1 keys");
      },
    );
  }

  proves("signs with several keys at once, up to the threshold", [], async () => {
    const slugs = ["rsa-2048", "p-256"];
    const policies = await Promise.all(slugs.map((slug) => signpath().policy(`demo/${slug}`)));
    const root = rootOf(...(await Promise.all(policies.map(async (each) => new Key(await tufKey(each))))));
    const metadata = targets(1);
    const [first, second] = policies;
    if (first === undefined || second === undefined) throw new Error("no policies");
    await signTuf(metadata, { policy: first, Signature });
    expect(() => root.verifyDelegate("targets", metadata)).toThrow("targets was signed by 1/2 keys");
    await signTuf(metadata, { policy: second, Signature, append: false });
    expect(Object.keys(metadata.signatures)).toHaveLength(1);
    await Promise.all(policies.map((policy) => signTuf(metadata, { policy, Signature })));
    root.verifyDelegate("targets", metadata);
    const again = Metadata.fromJSON(MetadataKind.Targets, JSON.parse(JSON.stringify(metadata.toJSON())));
    root.verifyDelegate("targets", again);
    expect(metadata.signatures).toEqual(again.signatures);
  });

  it("signs sixteen at once, each its own", async () => {
    const policy = await signpath().policy("demo/p-256");
    const root = rootOf(new Key(await tufKey(policy)));
    const all = Array.from({ length: 16 }, (_, index) => targets(index + 1));
    await Promise.all(all.map((metadata) => signTuf(metadata, { policy, Signature })));
    for (const metadata of all) root.verifyDelegate("targets", metadata);
  });

  it("leaves metadata as it is if it was changed in the meantime, and if nothing was signed", async () => {
    const policy = await signpath().policy("demo/p-256");
    const metadata = targets(1);
    const signing = signTuf(metadata, { policy, Signature, append: false });
    Object.assign(metadata.signed, { version: 2 });
    const failure = await codedFailureOf(signing);
    expect(failure).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("sign it again"),
    });
    expect(metadata.signatures).toEqual({});
    emulator().addFault({ kind: "status", status: 403 });
    expect(await codedFailureOf(signTuf(metadata, { policy, Signature }))).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(metadata.signatures).toEqual({});
  });

  it.each([
    [
      "p-384",
      /the TUF specification has no algorithm for .*\(EC, P-384\); it has rsassa-pss-sha256, ecdsa-sha2/,
    ],
    ["p-521", /\(EC, P-521\)/],
  ])("refuses %s before anything is sent", async (slug, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const failure = await refusalOf(emulator(), () => signTuf(targets(1), { policy, Signature }));
    expect(failure.message).toMatch(message);
    await refusalOf(emulator(), () => tufKey(policy));
  });

  it("signs nothing once its signal is aborted, and nothing that gives no bytes", async () => {
    const policy = await signpath().policy("demo/p-256");
    const signal = AbortSignal.abort();
    await refusalOf(emulator(), () => signTuf(targets(1), { policy, Signature, signal }), "ABORTED");
    const before = emulator().signingRequests.length;
    await expect(signTuf(targets(1), { policy } as never)).rejects.toThrow("Signature must be the class");
    await expect(signTuf({ sign: () => undefined }, { policy, Signature })).rejects.toThrow(TypeError);
    const broken = {
      sign: () => {
        throw new RangeError("broken");
      },
    };
    await expect(signTuf(broken, { policy, Signature })).rejects.toThrow(RangeError);
    expect(emulator().signingRequests.length).toBe(before);
  });
});
