import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { findPath } from "../../../src/cms/verify/path/build.js";
import { parseCertificate } from "../../../src/cms/verify/path/certificate.js";
import { Effort } from "../../../src/cms/verify/path/effort.js";
import { assertProperty } from "../../support/properties.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import type { CertificateShape } from "./support/write-certificate.js";
import { certificate, extension, NOW, pem, years } from "./support/write-certificate.js";
import { nothing } from "./support/write-der.js";

const EMAIL = "1.3.6.1.5.5.7.3.4";

/** What may be unusual about a certificate; mostly nothing is. */
const unusual: fc.Arbitrary<Partial<CertificateShape>> = fc.record(
  {
    from: fc.constantFrom(years(-1), years(-1), years(-1), years(1)),
    to: fc.constantFrom(years(5), years(5), years(5), years(-0.1)),
    // Without the extension OpenSSL takes a root for one that may sign certificates, where its key usage says so; we do not.
    ca: fc.constantFrom<CertificateShape["ca"]>(true, true, true, 0, 1, 2, false),
    usage: fc.constantFrom<CertificateShape["usage"]>([0, 5], [0, 5], [0], [1], [2], [5], [5, 6], undefined),
    purposes: fc.constantFrom([EMAIL], [EMAIL], ["1.3.6.1.5.5.7.3.1"], [EMAIL, "1.3.6.1.5.5.7.3.8"]),
    extensions: fc.constantFrom(
      [],
      [],
      [extension("1.3.6.1.4.1.99999.1", nothing)],
      [extension("1.3.6.1.4.1.99999.1", nothing, true)],
    ),
    hash: fc.constantFrom("sha256" as const, "sha256" as const, "sha384" as const, "sha1" as const),
    keyIds: fc.boolean(),
    spoilt: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: [] },
);

const plain = fc.constant<Partial<CertificateShape>>({});
const shapes = fc.array(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: unusual }), {
  minLength: 2,
  maxLength: 5,
});

describeWith("openssl", "a chain of any shape", () => {
  const folder = temporaryFolder();
  const write = (name: string, ders: readonly Buffer[]): string => {
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, ders.map((der) => pem(der, "CERTIFICATE")).join(""));
    return path;
  };

  it("is judged as openssl verify does", { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(shapes, async (list) => {
      const last = list.length - 1;
      const ders = list.map((shape, index) =>
        certificate({
          ...{ subject: `CN=Level ${index}`, issuer: `CN=Level ${Math.min(index + 1, last)}` },
          ...(index === 0 && { ca: undefined, usage: [0] }),
          ...shape,
        }),
      );
      const parsed = ders.map(parseCertificate);
      const [leaf] = parsed;
      if (leaf === undefined) throw new Error("there is no leaf");
      const rules = { time: NOW, purpose: "emailProtection", crls: [], requireRevocation: false } as const;
      const ours = findPath(leaf, parsed.slice(last), parsed.slice(1, last), {
        ...rules,
        allowWeak: false,
        effort: new Effort(),
      });
      const theirs = await openssl([
        ...[
          "verify",
          "-attime",
          String(NOW.getTime() / 1000),
          "-auth_level",
          "2",
          "-no-CApath",
          "-no-CAstore",
        ],
        ...["-purpose", "smimesign", "-CAfile", write("root", ders.slice(last))],
        ...(last > 1 ? ["-untrusted", write("between", ders.slice(1, last))] : []),
        write("leaf", ders.slice(0, 1)),
      ]);
      expect([ours.reasons.length === 0, ours.reasons, theirs.stderr]).toEqual([
        theirs.status === 0,
        ours.reasons,
        theirs.stderr,
      ]);
    });
    await assertProperty(property);
  });
});
