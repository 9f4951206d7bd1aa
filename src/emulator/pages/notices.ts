/** What a page says after a form, by the word in its address: nothing that an address says is shown. */
const NOTICES: ReadonlyMap<string, string> = new Map([
  ["approved", "The signing request was approved."],
  ["denied", "The signing request was denied."],
  ["canceled", "The signing request was cancelled."],
  ["failed", "The signing request was made to fail."],
  ["fault-added", "The fault was switched on."],
  ["fault-removed", "The fault was switched off."],
  ["faults-cleared", "All faults were switched off."],
  ["limit-set", "The rate limit was set."],
  ["limit-lifted", "The rate limit was lifted."],
  ["rotated", "The policy has a new certificate."],
  ["submitter-set", "The right to submit was changed."],
]);

/** The notice that a query asks for. */
export function noticeOf(query: string): string | undefined {
  return NOTICES.get(new URLSearchParams(query).get("done") ?? "");
}

/** A path with the word for what was done. */
export function withNotice(path: string, word: string): string {
  const [before = "/", query = ""] = path.split("?");
  const parameters = new URLSearchParams(query);
  parameters.set("done", word);
  return `${before}?${parameters}`;
}
