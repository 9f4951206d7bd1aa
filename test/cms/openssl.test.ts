import { expect, it, vi } from "vitest";
import { signCms } from "../../src/cms/index.js";
import { useEmulator } from "../support/emulator.js";
import { describeWith } from "../support/verifiers.js";
import { CONTENT, OpensslCms, titled, useSignPath, VARIANTS } from "./support.js";

describeWith("openssl", "openssl", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const asynchronous = useSignPath(emulator, { route: "asynchronous" });
  const cms = new OpensslCms(emulator);

  it.each(titled(VARIANTS))(
    "accepts what is signed by %s, detached and attached, by its default purpose and as CAdES",
    async (_title, { slug, padding, hash }) => {
      const policy = await signpath().policy(`demo/${slug}`);
      const options = { policy, padding, hash, certificates: [emulator().intermediateCertificate] };
      const detached = await signCms(CONTENT, options);
      const attached = await signCms(CONTENT, { ...options, detached: false });
      expect(await cms.verify(detached, CONTENT)).toEqual(CONTENT);
      expect(await cms.verify(detached, CONTENT, "-cades", "-purpose", "any")).toEqual(CONTENT);
      expect(await cms.verify(attached, undefined)).toEqual(CONTENT);
      expect(await cms.verify(attached, undefined, "-cades", "-purpose", "any")).toEqual(CONTENT);
    },
  );

  it("refuses another content, and a signature without the intermediate certificate", async () => {
    const policy = await signpath().policy("demo/p-256");
    const signature = await signCms(CONTENT, {
      policy,
      certificates: [emulator().intermediateCertificate],
    });
    await expect(cms.verify(signature, Buffer.concat([CONTENT, Buffer.of(0)]))).rejects.toThrow(
      /digest|verification failure/i,
    );
    await expect(cms.verify(await signCms(CONTENT, { policy }), CONTENT)).rejects.toThrow(
      /issuer certificate/,
    );
  });

  it("accepts what a policy with approval signs once it is approved", async () => {
    const policy = await asynchronous().policy("demo/approval");
    const signing = signCms(CONTENT, { policy, certificates: [emulator().intermediateCertificate] });
    const { id } = await vi.waitUntil(() => emulator().signingRequests.find(({ fast }) => !fast), {
      timeout: 30_000,
    });
    emulator().approve(id);
    expect(await cms.verify(await signing, CONTENT, "-cades")).toEqual(CONTENT);
  });
});
