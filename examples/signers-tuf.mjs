// A root of TUF with one key, signed by it: node signers-tuf.mjs [PROJECT/POLICY]
import { Key, Metadata, Root, Signature } from "@tufjs/models";
import { SignPath } from "signpath-webcrypto";
import { signTuf, tufKey } from "signpath-webcrypto/signers";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const expires = new Date(Date.now() + 365 * 24 * 60 * 60 * 1000).toISOString().replace(/\.\d+Z$/, "Z");

const signpath = new SignPath();
const policy = await signpath.policy(reference);

const root = new Root({ version: 1, specVersion: "1.0.31", expires });
const key = new Key(await tufKey(policy));
for (const role of ["root", "targets", "snapshot", "timestamp"]) root.addKey(key, role);

const metadata = new Metadata(root);
await signTuf(metadata, { policy, Signature });
await signpath.close();

metadata.verifyDelegate("root", metadata);
console.log(JSON.stringify(metadata.toJSON(), null, 2));
