import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { loadConfig } from "../../../src/config/load.js";
import type { Plans } from "../support/plan.js";
import { CLOSE, FILES, POLICY } from "./prelude.js";

const SIGNED = `if (signature.byteLength !== 256) throw new Error("no signature");`;

export const GETTING_STARTED: Plans = {
  "2. On your machine": {
    sh: [{ without: { "the emulator's are set": /^export|^read/ } }],
    powershell: [{ readOnly: "PowerShell is not among the programs of the tests." }],
    json: [
      (value) => {
        const folder = mkdtempSync(join(tmpdir(), "signpath-docs-"));
        const configFile = join(folder, "signpath.json");
        writeFileSync(configFile, JSON.stringify(value));
        const config = loadConfig({ configFile, apiToken: "an-api-token-of-nobody" });
        rmSync(folder, { recursive: true });
        expect(config).toMatchObject({ projectSlug: "my-project", signingPolicySlug: "release-signing" });
      },
    ],
  },
  "3. See what you may sign with": { sh: [{}] },
  "4. Sign and verify": {
    sh: [{ needs: ["openssl"], after: "cmp setup.msi verified.msi" }],
    js: [[{ after: `if (p7s[0] !== 0x30) throw new Error("no DER");` }]],
  },
};

export const LARGE_FILES: Plans = {
  Detached: {
    js: [[{ after: SIGNED }], [{ before: POLICY, after: `${SIGNED} ${CLOSE}` }]],
  },
  Attached: {
    js: [
      [
        {
          before: POLICY,
          after: `if ((await import("node:fs")).statSync("disk.img.p7m").size < 3_000_000) throw new Error("too short"); ${CLOSE}`,
        },
      ],
    ],
    sh: [{ after: "tar tf dist.tar | grep dist/a.js" }],
  },
};

const AUTHORITY = `${POLICY} ${FILES}
  const { createHash } = await import("node:crypto");
  const digest = createHash("sha256").update(data).digest();
  const username = "name"; const password = "password";
  const p7s = await (await import("signpath-webcrypto/cms")).signCms(data, { policy });`;

export const TIMESTAMPS: Plans = {
  "From a terminal": { sh: [{}] },
  "In JavaScript": {
    js: [
      [
        {
          before: AUTHORITY,
          after: `if (stamped.length <= p7s.length || token[0] !== 0x30 || Math.abs(time - Date.now()) > 600_000) throw new Error("not stamped"); ${CLOSE}`,
        },
      ],
    ],
  },
  "When there is none": {
    js: [
      [
        {
          before: `${POLICY} const ID_TIMESTAMP = "060b2a864886f70d010910020e";`,
          after: `if (!Buffer.from(p7s).includes(Buffer.from(ID_TIMESTAMP, "hex"))) throw new Error("not stamped"); ${CLOSE}`,
        },
      ],
    ],
  },
};

const VERIFIED = `${POLICY} ${FILES}
  fs.writeFileSync("setup.msi.p7s", await (await import("signpath-webcrypto/cms")).signCms("setup.msi", { policy, certificates: [intermediatesPem] }));`;

export const CMS: Plans = {
  Signing: {
    js: [
      [{ before: `${POLICY} ${FILES}`, after: `if (p7s[0] !== 0x30) throw new Error("no DER"); ${CLOSE}` }],
      [
        {
          before: `${POLICY} const { pipeline } = await import("node:stream/promises"); const { createWriteStream, statSync } = await import("node:fs");`,
          after: `if (statSync("disk.img.p7m").size < 3_000_000) throw new Error("too short"); ${CLOSE}`,
        },
      ],
    ],
  },
  Verifying: {
    js: [[{ before: VERIFIED, after: `if (signers.length !== 1) throw new Error("no signer"); ${CLOSE}` }]],
  },
};

export const SECURITY: Plans = {
  "A setup that holds": {
    js: [
      [
        {
          before: `const { SIGNPATH_API_TOKEN: token } = process.env; const vault = { read: async () => ({ token }) };`,
          after: `delete process.env.SIGNPATH_API_TOKEN;
            if ((await signpath.policies()).length === 0) throw new Error("no policies"); ${CLOSE}`,
        },
      ],
    ],
    sh: [{ before: `printf %s "$SIGNPATH_API_TOKEN" > token.txt; unset SIGNPATH_API_TOKEN` }],
  },
};

export const ERRORS: Plans = {
  Errors: { js: [[{ after: `if (process.exitCode !== undefined) throw new Error("it failed");` }]] },
};
