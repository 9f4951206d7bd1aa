import { expect, it } from "vitest";
import { signCms, verifyCms } from "../../../src/cms/index.js";
import { verifySignedData } from "../../../src/cms/verify/verify-signed-data.js";
import { useEmulator } from "../../support/emulator.js";
import { CONTENT, titled, useSignPath, VARIANTS } from "../support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);

it.each(titled(VARIANTS))(
  "what signCms makes by %s is verified, attached and detached",
  async (_title, { slug, ...variant }) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const roots = [emulator().rootCertificate];
    const certificates = [emulator().intermediateCertificate];
    const { hash, padding } = variant;
    const detached = await signCms(CONTENT, { policy, hash, padding, certificates });
    const { signers } = await verifyCms(detached, { content: CONTENT, roots });
    expect(
      signers.map(({ verified, digestAlgorithm, signatureAlgorithm, chain }) => [
        verified,
        digestAlgorithm,
        signatureAlgorithm,
        chain.length,
      ]),
    ).toEqual([[true, hash, variant.name, 3]]);
    const attached = await signCms(CONTENT, { policy, hash, padding, certificates, detached: false });
    const { content } = await verifySignedData(attached, { roots });
    expect(content && Buffer.from(content).equals(CONTENT)).toBe(true);
  },
);
