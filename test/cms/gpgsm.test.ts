import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SignCmsOptions } from "../../src/cms/index.js";
import { signCms } from "../../src/cms/index.js";
import { useEmulator } from "../support/emulator.js";
import type { RunResult } from "../support/run.js";
import { run } from "../support/run.js";
import { describeWith, pathOf } from "../support/verifiers.js";
import type { Variant } from "./support.js";
import { CONTENT, titled, useSignPath, VARIANTS } from "./support.js";

const SHAPES: readonly (readonly [string, Partial<SignCmsOptions>])[] = [
  ["detached", {}],
  ["attached, DER", { detached: false }],
  ["attached, BER", { detached: false, encoding: "ber" }],
  ["without signed attributes", { signedAttributes: false }],
];

/** What gpgsm 2.2.40 with libksba 1.6.3 says where it does not accept; a newer one may. */
function refusalOf({ slug, hash }: Variant): RegExp | undefined {
  // The signature is good, the policy is not met (FIPS 186-4, section 6.4).
  if (slug === "p-384" && hash === "SHA-256") return /a 256 bit hash is not valid for a 384 bit ECC key/;
  // 521 is no multiple of 8, which it takes for the length of the hash.
  if (slug === "p-521") return /requires the hash length to be a multiple of 8 bits/;
  return undefined;
}

describeWith("gpgsm", "gpgsm, which trusts the root alone", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  // Its sockets have no room for long paths.
  const folder = mkdtempSync(join(tmpdir(), "gpgsm-"));
  const home = join(folder, "home");
  const path = (name: string): string => join(folder, name);
  const gpgsm = (...args: readonly string[]): Promise<RunResult> =>
    run(pathOf("gpgsm"), ["--homedir", home, "--batch", "--status-fd", "1", ...args]);

  beforeAll(async () => {
    await mkdir(home, { mode: 0o700 });
    await writeFile(join(home, "gpgsm.conf"), "disable-crl-checks\ndisable-dirmngr\n");
    const { fingerprint } = new X509Certificate(emulator().rootCertificate);
    await writeFile(join(home, "trustlist.txt"), `${fingerprint} S\n`);
    await writeFile(path("root.pem"), emulator().rootCertificate);
    await writeFile(path("content"), CONTENT);
    await writeFile(path("other"), `${CONTENT} `);
    expect((await gpgsm("--import", path("root.pem"))).status).toBe(0);
  });

  afterAll(async () => {
    await run("gpgconf", ["--homedir", home, "--kill", "all"]).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  const sign = async ({ slug, padding, hash }: Variant, more: Partial<SignCmsOptions>): Promise<string> => {
    const policy = await signpath().policy(`demo/${slug}`);
    const certificates = [emulator().intermediateCertificate];
    await writeFile(path("p7s"), await signCms(CONTENT, { policy, padding, hash, certificates, ...more }));
    return path("p7s");
  };

  it.each(titled(VARIANTS))("verifies %s, or says why it does not", async (_title, variant) => {
    const refusal = refusalOf(variant);
    for (const [, more] of SHAPES) {
      const content = more.detached === false ? [] : [path("content")];
      const { status, stdout, stderr } = await gpgsm("--verify", await sign(variant, more), ...content);
      if (refusal !== undefined && status !== 0) {
        expect(stderr).toMatch(refusal);
        continue;
      }
      expect([status, stderr]).toEqual([0, expect.stringContaining("Good signature from")]);
      for (const word of ["GOODSIG", "VALIDSIG", "TRUST_FULLY"]) expect(stdout).toContain(`[GNUPG:] ${word}`);
    }
  });

  it("does not verify another content", async () => {
    const [variant] = VARIANTS;
    if (variant === undefined) throw new Error("there is no way to sign");
    const { status, stdout } = await gpgsm("--verify", await sign(variant, {}), path("other"));
    expect(status).not.toBe(0);
    expect(stdout).toContain("[GNUPG:] BADSIG");
  });

  it("verifies a signer named by key identifier, or cannot read it, as it cannot read those of openssl", async () => {
    const [variant] = VARIANTS;
    if (variant === undefined) throw new Error("there is no way to sign");
    const p7s = await sign(variant, { signerIdentifier: "subjectKeyIdentifier" });
    const { status, stderr } = await gpgsm("--verify", p7s, path("content"));
    if (status !== 0) expect(stderr).toContain("ksba_cms_parse failed: BER error");
    else expect(stderr).toContain("Good signature from");
  });
});
