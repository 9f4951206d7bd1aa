import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { ProfileName } from "../../src/cms/index.js";
import { signCms } from "../../src/cms/index.js";
import type { CmsToVerify } from "../support/bouncy-castle.js";
import { bouncyCastleSays } from "../support/bouncy-castle.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith, openssl } from "../support/verifiers.js";
import type { Variant } from "./support.js";
import { CONTENT, titleOf, useSignPath, VARIANTS } from "./support.js";

const SHAPES = [
  { shape: "detached, DER", detached: true, encoding: undefined },
  { shape: "attached, DER", detached: false, encoding: "der" },
  { shape: "attached, BER", detached: false, encoding: "ber" },
] as const;
const PROFILES: readonly ProfileName[] = ["cms", "cades-b", "cades-t", "pades"];

interface Cell {
  readonly title: string;
  readonly variant: Variant;
  readonly shape: (typeof SHAPES)[number];
  readonly profile: ProfileName;
  readonly file: string;
}

const CELLS: readonly Cell[] = VARIANTS.flatMap((variant) =>
  SHAPES.flatMap((shape) =>
    PROFILES.filter((profile) => shape.detached || profile !== "pades").map((profile) => {
      const title = `${profile}, ${shape.shape}, by ${titleOf(variant)}`;
      return { title, variant, shape, profile, file: title.replaceAll(/[^\w-]+/g, "_") };
    }),
  ),
);
const BROKEN = CELLS.filter(({ variant }) => variant.hash === "SHA-256");

describeWith(["openssl", "Bouncy Castle"], "each way to sign, to two verifiers that are not ours", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);

  beforeAll(async () => {
    await writeFile(path("content"), CONTENT);
    await writeFile(path("root.pem"), emulator().rootCertificate);
    await Promise.all(CELLS.map(async (cell) => writeFile(path(cell.file), await sign(cell))));
  }, 120_000);

  async function sign({ variant: { slug, padding, hash }, shape, profile }: Cell): Promise<Uint8Array> {
    return signCms(CONTENT, {
      policy: await signpath().policy(`demo/${slug}`),
      ...{ padding, hash, profile, detached: shape.detached, encoding: shape.encoding },
      certificates: [emulator().intermediateCertificate],
      ...(profile === "cades-t" && { timestamp: emulator().timestampUrl }),
    });
  }

  const toVerify = ({ file, shape }: Cell, content = "content"): CmsToVerify => ({
    root: path("root.pem"),
    signature: path(file),
    content: shape.detached ? path(content) : undefined,
  });

  it.concurrent.each(CELLS.map((cell): [string, Cell] => [cell.title, cell]))(
    "%s, is good to openssl",
    async (_title, cell) => {
      const { root, signature, content } = toVerify(cell);
      const isCades = cell.profile !== "cms";
      const { status, output, stderr } = await openssl([
        ...["cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-CAfile", root],
        ...["-no-CApath", "-no-CAstore", "-purpose", "any"],
        ...(content === undefined ? [] : ["-content", content]),
        ...(isCades ? ["-cades"] : []),
      ]);
      expect(stderr.trim()).toBe(`${isCades ? "CAdES" : "CMS"} Verification successful`);
      expect([status, output]).toEqual([0, CONTENT]);
    },
  );

  it("all are good to Bouncy Castle, with the stamps that they should have", async () => {
    const verdicts = await bouncyCastleSays(CELLS.map((cell) => toVerify(cell)));
    const digest = createHash("sha256").update(CONTENT).digest("hex");
    const wanted = CELLS.map(({ profile }) => `good 1 ${profile === "cades-t" ? 1 : 0} ${digest}`);
    expect(titled(verdicts)).toEqual(titled(wanted));
  }, 60_000);

  it("none is good to Bouncy Castle with a bit of its signature turned", async () => {
    const broken = await Promise.all(
      BROKEN.map(async (cell) => {
        const bytes = await readFile(path(cell.file));
        const at = bytes.indexOf(Buffer.from("06092a864886f70d010904", "hex")) + 20;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        const file = `${cell.file}.broken`;
        await writeFile(path(file), bytes);
        return { ...toVerify(cell), signature: path(file) };
      }),
    );
    const verdicts = await bouncyCastleSays(broken);
    expect(verdicts.filter((verdict) => !verdict.startsWith("bad "))).toEqual([]);
  }, 60_000);
});

function titled(verdicts: readonly string[]): string[] {
  return verdicts.map((verdict, index) => `${CELLS[index]?.title}: ${verdict}`);
}
