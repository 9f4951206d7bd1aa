// An attestation as a bundle of Sigstore: node signers-sigstore.mjs [PROJECT/POLICY]
import { Bundle } from "@sigstore/protobuf-specs";
import { DSSEBundleBuilder } from "@sigstore/sign";
import { SignPath } from "signpath-webcrypto";
import { sigstoreSigner } from "signpath-webcrypto/signers";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "setup.msi", digest: { sha256: "0".repeat(64) } }],
  predicateType: "https://example.com/release/v1",
  predicate: { version: "1.2.3" },
};

const signpath = new SignPath();
const policy = await signpath.policy(reference);

// Witnesses, such as a TSAWitness, add timestamps and log entries; here there are none.
const builder = new DSSEBundleBuilder({ signer: sigstoreSigner(policy), witnesses: [] });
const data = Buffer.from(JSON.stringify(statement));
const bundle = await builder.create({ data, type: "application/vnd.in-toto+json" });
await signpath.close();

console.log(JSON.stringify(Bundle.toJSON(bundle), null, 2));
