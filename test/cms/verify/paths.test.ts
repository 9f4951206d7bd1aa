import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPath } from "../../../src/cms/verify/path/build.js";
import { parseCertificate } from "../../../src/cms/verify/path/certificate.js";
import { parseCrl } from "../../../src/cms/verify/path/crl.js";
import { Effort } from "../../../src/cms/verify/path/effort.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import type { Chain } from "./support/chains.js";
import { CHAINS } from "./support/chains.js";
import { NOW, pem } from "./support/write-certificate.js";

const rows = CHAINS.map((chain): [string, Chain] => [`${chain.title}: ${chain.verdict}`, chain]);

describe("a path to a root", () => {
  it.each(rows)(
    "%s",
    (_title, { leaf, between, roots, crls = [], requireRevocation = false, purpose = "any", verdict }) => {
      const { path, reasons } = findPath(
        parseCertificate(leaf),
        roots.map(parseCertificate),
        between.map(parseCertificate),
        {
          time: NOW,
          purpose,
          crls: crls.map(parseCrl),
          requireRevocation,
          allowWeak: false,
          effort: new Effort(),
        },
      );
      const codes = reasons.map(({ code }) => code);
      if (verdict === "valid") {
        expect(reasons).toEqual([]);
        expect(path.length).toBeGreaterThan(0);
      } else expect(codes).toContain(verdict);
    },
  );
});

const PURPOSES: Readonly<Record<string, readonly string[]>> = {
  emailProtection: ["-purpose", "smimesign"],
  timeStamping: ["-purpose", "timestampsign"],
};

describeWith("openssl", "openssl verify says the same", () => {
  const folder = temporaryFolder();
  const asked = rows.filter(([, { notByOpenssl }]) => notByOpenssl === undefined);
  it.each(asked)(
    "%s",
    async (title, { leaf, between, roots, crls = [], requireRevocation, purpose, verdict }) => {
      const write = (name: string, ...contents: readonly string[]): string => {
        const path = join(folder, `${title.replace(/\W+/g, "-")}-${name}.pem`);
        writeFileSync(path, contents.join(""));
        return path;
      };
      const certificates = (list: readonly Buffer[]): string[] =>
        list.map((each) => pem(each, "CERTIFICATE"));
      const { status, stderr } = await openssl([
        ...[
          "verify",
          "-attime",
          String(NOW.getTime() / 1000),
          "-auth_level",
          "2",
          "-no-CApath",
          "-no-CAstore",
        ],
        ...["-CAfile", write("roots", ...certificates(roots), ...crls.map((each) => pem(each, "X509 CRL")))],
        ...(between.length > 0 ? ["-untrusted", write("between", ...certificates(between))] : []),
        ...(requireRevocation ? ["-crl_check_all"] : []),
        ...((purpose && PURPOSES[purpose]) ?? []),
        write("leaf", ...certificates([leaf])),
      ]);
      expect([status === 0, stderr]).toEqual([
        verdict === "valid",
        verdict === "valid" ? "" : expect.any(String),
      ]);
    },
  );
});
