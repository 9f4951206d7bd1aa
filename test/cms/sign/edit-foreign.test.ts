import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addSigner, counterSign, verifyCms } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import { useSignPath } from "../support.js";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/cms");
/** DER or BER, and nothing weak; what openssl needs a certificate for, or a text of its own, is left out. */
const FILES = readdirSync(FIXTURES).filter(
  (name) => /\.p7[sm]$/.test(name) && !/sha1|salt-20|no-certificates|smime|pem|content-type/.test(name),
);

describe("what others have made", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const folder = temporaryFolder();

  const contentOf = (name: string): string =>
    join(FIXTURES, name.startsWith("jdk-") ? name.replace(/p7s$/, "sf") : "content.bin");

  describeWith("openssl", "to openssl and to our own verification", () => {
    it.each(FILES)("is still good with a signer and a counter-signature more: %s", async (name) => {
      const made = await readFile(join(FIXTURES, name));
      const policy = await signpath().policy("demo/p-256");
      const options = { policy, certificates: [emulator().intermediateCertificate] };
      const detached = name.endsWith(".p7s") && { content: contentOf(name) };
      const added = await addSigner(made, { ...options, ...detached });
      const whole = await counterSign(added, options);
      const path = join(folder, name);
      await writeFile(path, whole);
      const roots = [await readFile(join(FIXTURES, "root.pem"), "utf8"), emulator().rootCertificate];
      await writeFile(join(folder, "roots.pem"), roots.join("\n"));
      const { stderr, output } = await openssl([
        ...["cms", "-verify", "-binary", "-inform", "DER", "-in", path, "-purpose", "any"],
        ...["-CAfile", join(folder, "roots.pem"), "-no-CApath", "-no-CAstore"],
        ...(detached ? ["-content", detached.content] : []),
      ]);
      expect(stderr.trim()).toBe("CMS Verification successful");
      if (detached) expect(output).toEqual(await readFile(detached.content));
      else expect(made.includes(output.subarray(0, 500))).toBe(true);
      const { signers } = await verifyCms(whole, { roots, ...detached });
      const earlier = await verifyCms(made, { roots, ...detached });
      expect(signers.length).toBe(earlier.signers.length + 1);
      expect(signers.every(({ verified }) => verified)).toBe(true);
      expect(signers.map(({ counterSigners }) => counterSigners.length).every((count) => count >= 1)).toBe(
        true,
      );
    });
  });
});
