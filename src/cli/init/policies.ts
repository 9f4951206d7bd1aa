import type { Session } from "../shell/session.js";
import type { Answers } from "./answers.js";

/** As long as the list of policies may keep a person waiting. */
const LIST_MS = 15_000;

/**
 * The policies that the token in the environment may use; undefined where they are not to be had, which is told.
 */
export async function policiesToChooseFrom(
  { output, interruption }: Session,
  { organizationId, apiUrl }: Pick<Answers, "organizationId" | "apiUrl">,
): Promise<readonly string[] | undefined> {
  if (!process.env["SIGNPATH_API_TOKEN"]) {
    output.talk("Without SIGNPATH_API_TOKEN in the environment the policies cannot be listed: name one.");
    return undefined;
  }
  output.talk("The policies that the token of SIGNPATH_API_TOKEN may use:");
  const [{ SignPath }, { describe }] = await Promise.all([
    import("../../signpath.js"),
    import("../errors/describe.js"),
  ]);
  const client = new SignPath({ organizationId, apiUrl, metadata: false, totalTimeoutMs: LIST_MS });
  try {
    const policies = await client.policies({}, { signal: interruption.signal });
    if (policies.length > 0) return policies.map(({ reference }) => reference);
    output.talk("There is none: the token's user is a submitter of no policy. Name the one that will be.");
  } catch (error) {
    if (interruption.signal.aborted) throw error;
    output.talk(...describe(error).lines.map((line) => `  ${line}`), "Name one, then.");
  } finally {
    if (!interruption.signal.aborted) await client.close();
  }
  return undefined;
}
