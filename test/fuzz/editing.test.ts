import fc from "fast-check";
import type { SignPathErrorCode } from "../../src/base/errors.js";
import { isSignPathError } from "../../src/base/errors.js";
import { MalformedAsn1 } from "../../src/cms/asn1/element.js";
import type { RevocationInput } from "../../src/cms/index.js";
import { addSigner, certificateBundle, counterSign, mergeCms, signCms } from "../../src/cms/index.js";
import { findSigners } from "../../src/cms/timestamp/signers.js";
import type { SigningPolicy } from "../../src/index.js";
import { useSignPath } from "../cms/support.js";
import { CHAINS } from "../cms/verify/support/chains.js";
import { CONTENT, fixture } from "../cms/verify/support/fixtures.js";
import { useEmulator } from "../support/emulator.js";
import { DER } from "./certificates.js";
import { spoiltDer } from "./der-edits.js";
import { fuzz, fuzzAsync } from "./harness.js";
import { attempt, attemptCoded, expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const policy = (): Promise<SigningPolicy> => signpath().policy("demo/p-256");

const SIGNATURES = [
  ...["openssl-detached.p7s", "openssl-cades.p7s", "openssl-cosigned.p7s", "openssl-key-identifier.p7s"],
  ...["openssl-no-attributes.p7s", "openssl-attached.p7m", "openssl-content-type.p7m", "openssl-stream.p7m"],
  ...["bc-cosigned.p7s", "bc-counter-signed.p7s", "bc-timestamped.p7s", "bc-stream.p7m", "jdk-rsa.p7s"],
].map(fixture);
const [ORIGINAL = CONTENT] = SIGNATURES;

const EDITS: Readonly<Record<string, (cms: Uint8Array) => Promise<Uint8Array> | Uint8Array>> = {
  add: async (cms) => addSigner(cms, { policy: await policy(), digest: new Uint8Array(32) }),
  addTo: async (cms) => addSigner(cms, { policy: await policy() }),
  counterSign: async (cms) => counterSign(cms, { policy: await policy() }),
  merge: (cms) => mergeCms(cms, ORIGINAL, cms),
};

fuzzAsync("editing", "CMS that was changed is signed as well, counter-signed or merged, or is refused", {
  part: 0.5,
  inputs: fc.tuple(spoiltDer(SIGNATURES), fc.constantFrom(...Object.keys(EDITS), "merge")),
  check: async ([cms, name]) => {
    try {
      const made = await EDITS[name]?.(cms);
      if (made === undefined) throw new Error("nothing was made");
      // What was made can be merged again, so it can be read.
      if (name !== "addTo" && name !== "add") attemptCoded(() => mergeCms(made, made), "REQUEST_REJECTED");
    } catch (error) {
      // A digest is an option that does not go with attached content.
      expectCoded(error, name === "add" && hasCode(error, "CONFIG_INVALID") ? undefined : "REQUEST_REJECTED");
    }
  },
});

function hasCode(error: unknown, code: SignPathErrorCode): boolean {
  return isSignPathError(error) && error.code === code;
}

fuzz("editing", "CMS that was changed takes timestamp tokens, or is malformed", {
  part: 0.2,
  inputs: spoiltDer(SIGNATURES),
  check: (cms) => {
    const found = attempt(() => findSigners(new Uint8Array(cms)), MalformedAsn1);
    if (found === undefined) return;
    const token = new Uint8Array(ORIGINAL);
    const stamped = found.withTokens(new Map(found.signers.map((signer) => [signer, token])));
    const again = findSigners(stamped);
    if (!again.signers.every(({ isStamped }) => isStamped)) throw new Error("a signer has no token");
  },
});

const CRLS = CHAINS.flatMap(({ crls = [] }) => [...crls]);
/** `OCSPResponse { successful, { id-pkix-ocsp-basic, … } }`. */
const OCSP = Buffer.from("30160a0100a011300f06092b06010505073001010402300030", "hex").subarray(0, 24);

fuzzAsync(
  "editing",
  "certificates, CRLs and OCSP responses are put into a signature, or are refused as CONFIG_INVALID",
  {
    part: 0.3,
    inputs: fc.record({
      certificates: fc.array(spoiltDer(DER), { maxLength: 2 }),
      crls: fc.array(spoiltDer(CRLS), { maxLength: 2 }),
      ocspResponses: fc.array(spoiltDer([OCSP]), { maxLength: 1 }),
      value: fc.option(spoiltDer(DER), { nil: undefined }),
    }),
    check: async ({ certificates, crls, ocspResponses, value }) => {
      attemptCoded(() => certificateBundle(certificates), "CONFIG_INVALID");
      const attributes = value === undefined ? [] : [{ type: "1.2.3.4", values: [value] }];
      const given: readonly RevocationInput[] = crls;
      try {
        await signCms(CONTENT, {
          policy: await policy(),
          certificates,
          crls: given,
          ocspResponses,
          attributes,
        });
      } catch (error) {
        expectCoded(error, "CONFIG_INVALID");
      }
    },
  },
);
