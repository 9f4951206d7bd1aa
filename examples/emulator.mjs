// Starts the emulator in this process and signs with every policy that it has: node emulator.mjs [STATE]
// STATE is a folder for its keys, so that the next start finds them; without it they are made anew, which takes seconds.
import { isSignPathError, SignPath } from "signpath-webcrypto";
import { startEmulator } from "signpath-webcrypto/emulator";

const emulator = await startEmulator({ state: process.argv[2] });
const { apiUrl, organizationId, apiToken } = emulator;
const signpath = new SignPath({ apiUrl, organizationId, apiToken });
const data = new TextEncoder().encode("Hello, world!\n");

const rows = [];
for (const policy of await signpath.policies()) {
  const names = policy.keyType === "EC" ? ["ECDSA"] : ["RSASSA-PKCS1-v1_5", "RSA-PSS"];
  for (const name of names)
    rows.push({ policy: policy.reference, algorithm: name, ...(await tryIt(policy, name)) });
}
console.table(rows);
await signpath.close();
await emulator.close();

/** Not every policy can sign: one has no X.509 certificate, another one wants somebody's approval first. */
async function tryIt(policy, name) {
  try {
    const signature = await policy.signStream(data, { name, hash: "SHA-256" });
    return { signature: `${signature.length} bytes` };
  } catch (error) {
    if (!isSignPathError(error)) throw error;
    return { refused: error.code };
  }
}
