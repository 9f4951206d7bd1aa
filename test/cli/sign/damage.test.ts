import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CliError } from "../../../src/cli/errors/cli-error.js";
import { inputError } from "../../../src/cli/sign/formats/file-errors.js";
import { signersWith } from "../../../src/cli/sign/formats/signers.js";
import type { FormatName } from "../../../src/cli/sign/formats/table.js";
import type { SignerOf } from "../../../src/cli/sign/signer.js";
import { connect } from "../../support/client.js";
import { useEmulator } from "../../support/emulator.js";
import { assertProperty } from "../../support/properties.js";
import { temporaryFolder } from "../../support/temporary.js";
import { namesIn, submissions } from "../support.js";
import { documents } from "./support.js";

const emulator = useEmulator();

/** Mostly text, so that some of what is left is well-formed. */
const ORDER = `<?xml version="1.0"?>\n<order id="1">${"Bread and butter. ".repeat(40)}<item/></order>\n`;

/** What is done to a file: where, as a part of its length, and with which byte. */
interface Damage {
  readonly kind: "cut" | "changed" | "inserted";
  readonly at: number;
  readonly byte: number;
}

const damages = fc.array(
  fc.record<Damage>({
    kind: fc.constantFrom("cut", "changed", "changed", "changed", "inserted"),
    // A double would nearly always be next to 0 or 1.
    at: fc.nat({ max: 9999 }).map((part) => part / 10_000),
    byte: fc.nat({ max: 255 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function damaged(bytes: Buffer, each: Damage): Buffer {
  const at = Math.floor(each.at * bytes.length);
  const before = bytes.subarray(0, at);
  if (each.kind === "cut") return Buffer.from(before);
  return Buffer.concat([
    before,
    Buffer.of(each.byte),
    bytes.subarray(at + (each.kind === "changed" ? 1 : 0)),
  ]);
}

test.each<[FormatName, string]>([
  ["authenticode", "tool.exe"],
  ["jar", "app.jar"],
  ["pdf", "report.pdf"],
  ["pdf", "modern.pdf"],
  ["xml", "order.xml"],
])(
  "as %s, what is left of %s is signed, or refused as unsuitable before anything is sent",
  async (format, name) => {
    const whole = Buffer.from({ ...(await documents(emulator())), "order.xml": ORDER }[name] ?? "");
    const policy = await connect(emulator()).policy("demo/p-256");
    const signerOf = signersWith(policy, {
      ...{ hash: undefined, padding: undefined, attached: false, ecdsaFormat: "der", certificates: [] },
      timestamps: undefined,
    });
    const root = temporaryFolder();
    let run = 0;
    const counts = { signed: 0, refused: 0 };
    await assertProperty(
      fc.asyncProperty(damages, async (all) => {
        const folder = join(root, String(run++));
        mkdirSync(folder);
        writeFileSync(join(folder, "file"), all.reduce(damaged, whole));
        const before = submissions(emulator());
        const error = await signed(signerOf, format, folder);
        counts[error === undefined ? "signed" : "refused"]++;
        if (error === undefined) return;
        expect(error).toBeInstanceOf(CliError);
        expect(error).toMatchObject({ code: "INPUT_UNSUITABLE" });
        expect(submissions(emulator())).toBe(before);
        expect(namesIn(folder)).toEqual(["file"]);
      }),
      { numRuns: 60 },
    );
    expect(counts.signed).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  },
);

/** What it failed with, as the command line tells it. */
async function signed(signerOf: SignerOf, format: FormatName, folder: string): Promise<unknown> {
  const [file, output] = [join(folder, "file"), join(folder, "output")];
  const job = { file, output, format, bytes: readFileSync(file).length };
  const signer = await signerOf(job);
  const { signal } = new AbortController();
  try {
    if ("room" in signer) await signer.sign(file, signal, undefined);
    else await signer.signFile(job, signal, undefined);
    return undefined;
  } catch (error) {
    return inputError(job, error);
  }
}
