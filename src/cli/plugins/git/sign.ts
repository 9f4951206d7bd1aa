import { algorithmOf } from "../../../adapter/choice.js";
import type { SignCmsOptions } from "../../../cms/sign/options.js";
import { signCms } from "../../../cms/sign/sign-cms.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../../policy/issuers.js";
import { readCertificateFiles } from "../../certificates/certificate-files.js";
import { refuseToken, timestampOptions, timestampUrls } from "../../sign/timestamps.js";
import { withPolicy } from "../policy.js";
import type { Answer } from "../run.js";
import type { SignCall } from "./arguments.js";
import { readSigning } from "./settings.js";
import { algorithmNumbers, fingerprintOf, isoTime, statusLine, withStatus } from "./status.js";

const LINE_LENGTH = 64;

/**
 * Signs what comes on stdin: a detached CMS signature in PEM on stdout, and a status line SIG_CREATED.
 *
 * @throws {CliError} `USAGE` for settings that cannot be used
 * @throws {SignPathError} whatever signing and timestamps can fail with
 */
export async function sign({ key, statusFd }: SignCall, stdin: AsyncIterable<Uint8Array>): Promise<Answer> {
  const { env } = process;
  const choices = readSigning(env);
  const certificates = await readCertificateFiles(CERTIFICATES_VARIABLE, certificatePathsIn(env));
  const urls = timestampUrls(undefined, env);
  return withPolicy(key, {}, async (policy, client) => {
    await refuseToken(urls, client);
    const { name, hash } = algorithmOf({ policy, ...choices });
    const signingTime = new Date();
    const cms = await signCms(stdin, {
      policy,
      // SHA-1 is none of the choices.
      hash: hash as NonNullable<SignCmsOptions["hash"]>,
      ...(name !== "ECDSA" && { padding: name === "RSA-PSS" ? "pss" : "pkcs1" }),
      certificates,
      signingTime,
      ...(urls.length > 0 && {
        timestamp: timestampOptions({ urls, roots: [], order: "sequential", client }),
      }),
    });
    const fingerprint = fingerprintOf(policy.certificateDer);
    // D: detached; 00: of a document.
    const fields = ["D", ...algorithmNumbers(name, hash), "00", isoTime(signingTime), fingerprint];
    return withStatus(statusLine("SIG_CREATED", ...fields), statusFd, { stdout: armoured(cms), exitCode: 0 });
  });
}

/** PEM with the label of gpgsm, by which git finds the signature in a tag. */
function armoured(cms: Uint8Array): string {
  const base64 = Buffer.from(cms).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
  return ["-----BEGIN SIGNED MESSAGE-----", ...lines, "-----END SIGNED MESSAGE-----", ""].join("\n");
}
