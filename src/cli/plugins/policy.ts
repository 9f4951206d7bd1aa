import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { SignPath } from "../../signpath.js";

/**
 * Gives a policy to `work`, and the client that it is of, which is for this one call.
 *
 * @param options - the file with its configuration, and until when the policy is waited for
 */
export async function withPolicy<T>(
  reference: string,
  {
    configFile,
    signal,
  }: { readonly configFile?: string | undefined; readonly signal?: AbortSignal | undefined },
  work: (policy: SigningPolicy, client: SignPath) => Promise<T>,
): Promise<T> {
  const { SignPath } = await import("../../signpath.js");
  const client = new SignPath({ configFile });
  try {
    return await work(await client.policy(reference, { signal }), client);
  } finally {
    await client.close();
  }
}
