import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect } from "vitest";
import { c2paSigner } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { verifiers } from "../support/programs.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";

/** What is used of the toolkit, which is no dependency: its installation downloads a module that its package has already. */
interface Kit {
  readonly Builder: {
    withJson(
      manifest: object,
      settings: string,
    ): {
      signAsync(signer: object, source: object, output: { buffer: Buffer | null }): Promise<unknown>;
    };
  };
  readonly CallbackSigner: { newSigner(config: object, callback: (data: Buffer) => Promise<Buffer>): object };
  readonly Reader: { fromAsset(asset: object, settings: string): Promise<{ json(): Report }> };
}

interface Report {
  readonly validation_state: string;
  readonly validation_status?: readonly { readonly code: string }[];
}

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "@contentauth/c2pa-node 0.5",
  installedAs: null,
  use: "`c2paSigner(policy)` for `CallbackSigner.newSigner`",
  verifiers: ["c2pa-node"],
  verifiedBy: ["its own `Reader`"],
});

/** A grey pixel. */
const JPEG = Buffer.from(
  "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9",
  "hex",
);
const MIME_TYPE = "image/jpeg";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const MANIFEST = {
  claim_generator_info: [{ name: "signpath-webcrypto", version: "0" }],
  format: MIME_TYPE,
  title: "A grey pixel",
  assertions: [
    {
      label: "c2pa.actions",
      data: {
        actions: [
          {
            action: "c2pa.created",
            digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
          },
        ],
      },
    },
  ],
};

async function loadKit(): Promise<Kit> {
  const path = join(verifiers["c2pa-node"] ?? "", "dist/index.js");
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Kit;
}

/** Trusts the emulator's root and nothing else, and asks no server. */
function settings(): string {
  return JSON.stringify({
    trust: { trust_anchors: emulator().rootCertificate, trust_config: `${CODE_SIGNING}\n` },
    verify: { verify_trust: true, ocsp_fetch: false, remote_manifest_fetch: false },
  });
}

describe("content credentials by @contentauth/c2pa-node", () => {
  for (const [slug, alg, name] of [
    ["p-256", "es256", "ECDSA"],
    ["p-384", "es384", "ECDSA"],
    ["p-521", "es512", "ECDSA"],
    ["rsa-2048", "ps256", "RSA-PSS"],
    ["rsa-3072", "ps384", "RSA-PSS"],
    ["rsa-4096", "ps512", "RSA-PSS"],
  ] as const) {
    proves(
      `are trusted by its Reader with ${alg}, and a changed file is not`,
      provenBy(slug, name),
      async () => {
        const { Builder, CallbackSigner, Reader } = await loadKit();
        const policy = await signpath().policy(`demo/${slug}`);
        const certificates = [emulator().intermediateCertificate];
        const { config, callback } = await c2paSigner(policy, { alg, certificates });
        const output: { buffer: Buffer | null } = { buffer: null };
        const signer = CallbackSigner.newSigner(config, callback);
        const source = { buffer: JPEG, mimeType: MIME_TYPE };
        await Builder.withJson(MANIFEST, settings()).signAsync(signer, source, output);
        const signed = output.buffer ?? Buffer.alloc(0);
        const read = async (buffer: Buffer): Promise<Report> =>
          (await Reader.fromAsset({ buffer, mimeType: MIME_TYPE }, settings())).json();
        expect((await read(signed)).validation_state).toBe("Trusted");
        const changed = Buffer.from(signed);
        changed[changed.length - 40] = (changed.at(-40) ?? 0) ^ 1;
        const report = await read(changed);
        expect(report.validation_state).toBe("Invalid");
        expect(report.validation_status?.map(({ code }) => code)).toContain("assertion.dataHash.mismatch");
      },
    );
  }
});
