import { usageError } from "../../errors/cli-error.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** How to sign; what is left out is chosen by the key. */
export interface GitSigning {
  readonly hash: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  readonly padding: "pkcs1" | "pss" | undefined;
}

const HASHES = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;
const PADDINGS = { pkcs1: "pkcs1", pss: "pss" } as const;
const VERIFIERS = { signpath: "signpath", gpgsm: "gpgsm" } as const;

/**
 * SIGNPATH_GIT_HASH and SIGNPATH_GIT_PADDING.
 *
 * @throws {CliError} `USAGE`
 */
export function readSigning(env: Environment): GitSigning {
  return {
    hash: choice(env, "SIGNPATH_GIT_HASH", HASHES),
    padding: choice(env, "SIGNPATH_GIT_PADDING", PADDINGS),
  };
}

/**
 * SIGNPATH_GIT_VERIFIER: who verifies.
 *
 * @throws {CliError} `USAGE`
 */
export function readVerifier(env: Environment): "signpath" | "gpgsm" {
  return choice(env, "SIGNPATH_GIT_VERIFIER", VERIFIERS) ?? "signpath";
}

/** The path in a variable; an empty one counts as none. */
export function pathIn(env: Environment, variable: string): string | undefined {
  return env[variable]?.trim() || undefined;
}

function choice<T>(env: Environment, variable: string, choices: Readonly<Record<string, T>>): T | undefined {
  const text = env[variable]?.trim().toLowerCase();
  if (!text) return undefined;
  if (Object.hasOwn(choices, text)) return choices[text];
  throw usageError(`${variable} must be one of ${Object.keys(choices).join(", ")}`);
}
