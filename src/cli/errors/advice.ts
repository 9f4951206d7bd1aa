/** What to do about a failure that does not say so itself, by its code. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ["CONFIG_INVALID", "signpath --help lists the settings; signpath emulator works without an account."],
  ["POLICY_NOT_FOUND", "signpath policies lists what this API token may use."],
  [
    "POLICY_UNUSABLE",
    "signpath policies lists what this API token may use, and what is wrong with the others.",
  ],
  [
    "ALGORITHM_NOT_SUPPORTED",
    "signpath policies shows the kind of each key: choose a hash and a padding that go with it.",
  ],
  [
    "REQUEST_REJECTED",
    "The same request is refused again: what the service says has to be put right in SignPath.",
  ],
  [
    "INVALID_RESPONSE",
    "Something else may have answered: check SIGNPATH_API_URL and the proxy. --verbose shows each step.",
  ],
  [
    "SIGNATURE_INVALID",
    "Try again. If it stays so, key and certificate do not belong together: tell SignPath.",
  ],
  ["CERTIFICATE_CHANGED", "Run it again, which uses the new certificate."],
  ["CHAIN_INCOMPLETE", "Name the missing issuers with --certificates, or let --aia fetch them."],
  ["REQUEST_PENDING", "Somebody has to approve it in SignPath."],
  ["REQUEST_DENIED", "Ask whoever approves requests of this policy in SignPath."],
  ["VERIFICATION_FAILED", "Do not use the content before you know why."],
  [
    "INPUT_UNSUITABLE",
    "Another --format may fit it: cms and raw sign any file, and put the signature into one of its own.",
  ],
  ["INPUT_UNREADABLE", "Check its name, and that you may read it."],
  [
    "OUTPUT_UNWRITABLE",
    "Check its folder, your permissions and the space that is left, or name another place.",
  ],
]);

/** What to do about a failure; `undefined` where there is nothing to say of all that have its code. */
export function adviceFor({
  code,
  status,
}: {
  readonly code: string;
  readonly status?: number;
}): string | undefined {
  // Without an answer it is the content that was refused, here.
  if (code === "REQUEST_REJECTED" && status === undefined) return undefined;
  return ADVICE.get(code);
}
