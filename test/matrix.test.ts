import { createHash, webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import type { SigningPolicy } from "../src/index.js";
import { subtle } from "../src/index.js";
import { useSignPath } from "./cms/support.js";
import { derOf } from "./support/ecdsa-der.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf } from "./support/failure.js";
import { temporaryFolder } from "./support/temporary.js";
import type { ToolkitRow } from "./support/toolkit-row.js";
import { provenBy, toolkitMeta } from "./support/toolkit-row.js";
import { describeWith, openssl } from "./support/verifiers.js";

const DATA = Buffer.from("What is signed here,\0 in every way that there is\r\n");

const HASHES = [
  { hash: "SHA-1", nodeName: "sha1", length: 20 },
  { hash: "SHA-256", nodeName: "sha256", length: 32 },
  { hash: "SHA-384", nodeName: "sha384", length: 48 },
  { hash: "SHA-512", nodeName: "sha512", length: 64 },
] as const;
type Hash = (typeof HASHES)[number];

const RSA = ["rsa-2048", "rsa-3072", "rsa-4096"];
const EC = ["p-256", "p-384", "p-521"];

type Row = readonly [slug: string, name: string, hash: Hash["hash"], Hash];

const ROWS: readonly Row[] = HASHES.flatMap((hash) => [
  ...RSA.map((slug) => [slug, "RSASSA-PKCS1-v1_5", hash.hash, hash] as const),
  ...RSA.map((slug) => [slug, "RSA-PSS", hash.hash, hash] as const),
  ...EC.map((slug) => [slug, "ECDSA", hash.hash, hash] as const),
]);

/** The row of the table of toolkits for those who use none. */
const OWN_CODE: ToolkitRow = {
  subpath: "",
  toolkit: "WebCrypto code of your own",
  installedAs: null,
  use: "`subtle`, or `crypto` passed in",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "`openssl pkeyutl`"],
};

describeWith("openssl", "a signature, to openssl and to Node's own subtle.verify", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const asynchronous = useSignPath(emulator, { route: "asynchronous" });
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);

  beforeAll(async () => {
    await writeFile(path("data"), DATA);
    for (const { nodeName } of HASHES) await writeFile(path(nodeName), digest(nodeName));
    for (const slug of [...RSA, ...EC, "approval", "forbidden"])
      await writeFile(path(`${slug}.pem`), await emulator().publicKeyOf(slug));
  });

  const digest = (nodeName: string): Buffer => createHash(nodeName).update(DATA).digest();

  /** What openssl says of a signature, of the data with `dgst` and of its hash with `pkeyutl`. */
  const opensslSays = async (
    tool: "dgst" | "pkeyutl",
    slug: string,
    name: string,
    { nodeName, length }: Hash,
    file: string,
    signature: Uint8Array,
  ): Promise<string> => {
    await writeFile(path(file), name === "ECDSA" ? derOf(signature) : signature);
    const isDgst = tool === "dgst";
    const padding = name === "RSA-PSS" ? ["pss", `rsa_pss_saltlen:${length}`, `rsa_mgf1_md:${nodeName}`] : [];
    const settings =
      name === "ECDSA" ? [] : [`rsa_padding_mode:${padding[0] ?? "pkcs1"}`, ...padding.slice(1)];
    const flag = isDgst ? "-sigopt" : "-pkeyopt";
    const options = [...(isDgst ? [] : [`digest:${nodeName}`]), ...settings].flatMap((text) => [flag, text]);
    const key = path(`${slug}.pem`);
    const args = isDgst
      ? ["dgst", `-${nodeName}`, "-verify", key, "-signature", path(file), ...options, path("data")]
      : [
          ...["pkeyutl", "-verify", "-pubin", "-inkey", key],
          ...["-sigfile", path(file), "-in", path(nodeName), ...options],
        ];
    const { status, stdout, stderr } = await openssl(args);
    return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`;
  };

  const nodeSays = async (
    policy: SigningPolicy,
    name: string,
    hash: string,
    signature: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> => {
    const key = await policy.publicKey({ name, hash });
    const saltLength = HASHES.find((row) => row.hash === hash)?.length ?? 0;
    const algorithm = { name, hash, ...(name === "RSA-PSS" && { saltLength }) };
    return webcrypto.subtle.verify(algorithm, key, signature, DATA);
  };

  for (const row of ROWS) {
    const [slug, name, hash, facts] = row;
    const title = `by demo/${slug} with ${name} and ${hash} is good, however it was asked for`;
    it.concurrent(title, toolkitMeta(OWN_CODE, [provenBy(slug, name)]), async () => {
      const policy = await signpath().policy(`demo/${slug}`);
      const key = policy.privateKey({ name, hash });
      const [bySubtle, byHash, byStream] = await Promise.all([
        subtle.sign(key.algorithm, key, DATA).then((buffer) => new Uint8Array(buffer)),
        policy.signHash(digest(facts.nodeName), { name, hash }),
        policy.signStream(path("data"), { name, hash }),
      ]);
      const verdicts = await Promise.all([
        opensslSays("dgst", slug, name, facts, `${row.join()}.1`, bySubtle),
        opensslSays("pkeyutl", slug, name, facts, `${row.join()}.2`, byHash),
        opensslSays("dgst", slug, name, facts, `${row.join()}.3`, byStream),
        ...[bySubtle, byHash, byStream].map((signature) => nodeSays(policy, name, hash, signature)),
      ]);
      const [ofData, ofHash] = ["Verified OK", "Signature Verified Successfully"];
      expect(verdicts).toEqual([ofData, ofHash, ofData, true, true, true]);
    });
  }

  it.each(["RSASSA-PKCS1-v1_5", "RSA-PSS"])(
    "by demo/approval with %s is good once somebody has approved",
    async (name) => {
      const policy = await asynchronous().policy("demo/approval");
      const facts = HASHES[1];
      const signing = policy.signStream(path("data"), { name, hash: facts.hash });
      const waiting = async (): Promise<string> => {
        for (;;) {
          const found = emulator().signingRequests.find(({ status }) => status === "WaitingForApproval");
          if (found !== undefined) return found.id;
          await delay(5);
        }
      };
      emulator().approve(await waiting());
      const signature = await signing;
      expect(await opensslSays("dgst", "approval", name, facts, `approval.${name}`, signature)).toBe(
        "Verified OK",
      );
      expect(await nodeSays(policy, name, facts.hash, signature)).toBe(true);
    },
  );

  it("by demo/forbidden is to be had only with the right to submit", async () => {
    expect(await codedFailureOf(signpath().policy("demo/forbidden"))).toMatchObject({
      code: "POLICY_NOT_FOUND",
      stage: "policy",
    });
    emulator().setSubmitter("forbidden", true);
    const policy = await signpath().policy("demo/forbidden");
    const signature = await policy.signStream(DATA, { name: "ECDSA", hash: "SHA-256" });
    expect(await opensslSays("dgst", "forbidden", "ECDSA", HASHES[1], "forbidden", signature)).toBe(
      "Verified OK",
    );
  });

  it("is tried of every policy that the emulator has with a certificate", () => {
    const tried = [...RSA, ...EC, "approval", "forbidden"];
    const slugs = emulator()
      .policies.filter(({ certificateType }) => certificateType === "X509")
      .map(({ signingPolicySlug }) => signingPolicySlug);
    expect(slugs.sort()).toEqual(tried.sort());
  });

  it("that was changed in one bit is good to neither", async () => {
    const policy = await signpath().policy("demo/p-256");
    const signature = await policy.signStream(DATA, { name: "ECDSA", hash: "SHA-256" });
    signature[40] = (signature[40] ?? 0) ^ 1;
    expect(await opensslSays("dgst", "p-256", "ECDSA", HASHES[1], "changed", signature)).toMatch(/failure/i);
    expect(await nodeSays(policy, "ECDSA", "SHA-256", signature)).toBe(false);
  });
});
