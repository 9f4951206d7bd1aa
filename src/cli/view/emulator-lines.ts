import type { Emulator, StateFound } from "../../emulator/index.js";
import { visible } from "../shell/output.js";

/** What a state directory had in it. */
export function stateLines({ directory, keepsLog, entries, pending, unreadable }: StateFound): string[] {
  const place = visible(directory);
  if (!keepsLog) {
    return [
      `${place} is in use by another emulator, which keeps its audit log there. This one has the same keys and`,
      "accounts; its own audit log, and what waits for approval in it, is gone when it ends.",
    ];
  }
  return [
    `State of ${place}: ${count(entries, "entry", "entries")} in the audit log, ${pending} waiting for approval.`,
    ...(unreadable === 0
      ? []
      : [`${count(unreadable, "line", "lines")} of it cannot be read and will be gone.`]),
  ];
}

/** One for each user, with its rights. */
export function userLines({ organizations }: Emulator): string[] {
  return organizations.flatMap(({ name: organization, users }) =>
    users.map(({ name, kind, tokenStatus, submitter, approver, auditor, administrator }) => {
      const remarks = [
        `${kind === "ci" ? "CI user" : "interactive user"} of ${organization}`,
        ...(tokenStatus === "active" ? [] : [`its token is ${tokenStatus}`]),
        ...(submitter.length === 0 ? [] : [`submitter of ${submitter.join(" ")}`]),
        ...(approver.length === 0 ? [] : [`approver of ${approver.join(" ")}`]),
        ...(auditor ? ["auditor"] : []),
        ...(administrator ? ["administrator of the emulator"] : []),
      ];
      return `  ${name.padEnd(16)} ${remarks.join(", ")}`;
    }),
  );
}

/** One for each signing policy. */
export function policyLine(policy: Emulator["policies"][number]): string {
  const { keyType, keySizeInBits, namedCurve, certificateType, approval, submitter } = policy;
  const remarks = [
    keyType === "Rsa" ? `RSA ${keySizeInBits}` : `EC ${namedCurve}`,
    ...(certificateType === "X509" ? [] : ["without an X.509 certificate"]),
    ...(approval ? ["each signature needs an approval"] : []),
    ...(submitter ? [] : ["not for this token: not listed, and forbidden"]),
  ];
  return `  ${`${policy.projectSlug}/${policy.signingPolicySlug}`.padEnd(16)} ${remarks.join(", ")}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
