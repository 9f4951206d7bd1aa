// A Verifiable Credential with a Data Integrity proof, by a key on P-256 or P-384: node signers-data-integrity.mjs [PROJECT/POLICY]
// arguments: demo/p-256
import { contexts as credentials } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import dataIntegrity from "@digitalbazaar/data-integrity-context";
import * as EcdsaMultikey from "@digitalbazaar/ecdsa-multikey";
import { cryptosuite } from "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite";
import multikey from "@digitalbazaar/multikey-context";
import jsigs from "jsonld-signatures";
import { SignPath, subtle } from "signpath-webcrypto";
import { dataIntegritySigner } from "signpath-webcrypto/signers";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "p-256" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const controller = "did:example:issuer";
const id = `${controller}#release`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);

// What the verifier loads: your DID document, and in it the public key.
const jwk = await subtle.exportKey("jwk", await policy.publicKey("ECDSA"));
const key = await EcdsaMultikey.fromJwk({ jwk, id, controller });
const verificationMethod = await key.export({ publicKey: true, includeContext: true });
const didDocument = { "@context": "https://www.w3.org/ns/did/v1", id: controller, assertionMethod: [id] };
const known = new Map([
  ...[...credentials, ...dataIntegrity.contexts, ...multikey.contexts],
  ...[
    [controller, didDocument],
    [id, verificationMethod],
  ],
]);
const documentLoader = async (url) => {
  if (!known.has(url)) throw new Error(`${url} is not known`);
  return { documentUrl: url, document: known.get(url) };
};

const credential = {
  "@context": ["https://www.w3.org/ns/credentials/v2"],
  type: ["VerifiableCredential"],
  issuer: controller,
  credentialSubject: { id: "did:example:subject" },
};
const purpose = new jsigs.purposes.AssertionProofPurpose();
const suite = new DataIntegrityProof({ signer: dataIntegritySigner(policy, { id }), cryptosuite });
const signed = await jsigs.sign(credential, { suite, purpose, documentLoader });
await signpath.close();

const verifying = { suite: new DataIntegrityProof({ cryptosuite }), purpose, documentLoader };
const { verified } = await jsigs.verify(signed, verifying);
if (!verified) throw new Error("the proof is not good");
console.log(JSON.stringify(signed, null, 2));
