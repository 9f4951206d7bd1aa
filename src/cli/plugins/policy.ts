import type { SigningPolicy } from "../../policy/signing-policy.js";

/** Gives a policy to `work`, of a client for this one call. */
export async function withPolicy<T>(
  reference: string,
  configFile: string | undefined,
  work: (policy: SigningPolicy) => Promise<T>,
): Promise<T> {
  const { SignPath } = await import("../../signpath.js");
  const client = new SignPath({ configFile });
  try {
    return await work(await client.policy(reference));
  } finally {
    await client.close();
  }
}
