import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  decodeFastAnswer,
  decodePolicies,
  decodeSignHashAnswer,
  decodeState,
  decodeSubmission,
  Undecodable,
} from "../../src/api/decode.js";
import { Refusal } from "../../src/emulator/http/reply.js";
import { parseJsonObject } from "../../src/emulator/json.js";
import { readPayload } from "../../src/emulator/submission/payload.js";
import { readSignHashBody } from "../../src/emulator/submission/sign-hash-body.js";
import { ecdsaPayload, OIDS, rsaPayload } from "../emulator/support.js";
import { HOSTILE_JSON, spoiltJson, spoiltText } from "./arbitraries.js";
import { fuzz } from "./harness.js";
import { attempt, expectNoCanary, expectOptionalText, expectText } from "./oracles.js";

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
}

const ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

fuzz("json", "an answer with a signature is decoded or refused", {
  part: 0.3,
  inputs: spoiltJson(
    fixture("fast-answer"),
    { signature: "AAECAw==" },
    {
      signingRequestId: ID,
      hashSigningData: { hash: "aGFzaA==" },
      hashSigningResult: { signature: "AAECAw==" },
    },
  ),
  check: (text) => {
    for (const decode of [decodeFastAnswer, decodeSignHashAnswer]) {
      const decoded = attempt(() => decode(Buffer.from(text)), Undecodable);
      if (decoded === undefined) continue;
      expectText(decoded.signature);
      for (const word of [decoded.hash, decoded.signatureAlgorithm, decoded.hashAlgorithmOid])
        expectOptionalText(word);
      if (decoded.signingRequestId !== undefined && !/^[\w-]{1,64}$/.test(decoded.signingRequestId))
        throw new Error("the id is none");
    }
  },
});

fuzz("json", "an answer to a submission names a signing request that is safe in a path, or is refused", {
  part: 0.1,
  inputs: fc.tuple(
    fc.oneof(spoiltJson({ signingRequestId: ID, webLink: "https://x.test/" }), fc.constant("")),
    fc.option(
      spoiltText(
        fc.constant(`https://x.test/Api/v1/${ID}/SigningRequests/${ID}`),
        "/",
        "//",
        "?",
        "#",
        "..",
        "%2e",
      ),
      { nil: undefined },
    ),
  ),
  check: ([text, location]) => {
    const decoded = attempt(() => decodeSubmission(Buffer.from(text), location), Undecodable);
    if (decoded === undefined) return;
    if (!/^[0-9A-Za-z-]{1,64}$/.test(decoded.id)) throw new Error(`${decoded.id} is no id`);
    expectOptionalText(decoded.webLink);
  },
});

fuzz("json", "the state of a signing request is one of those that there are, or refused", {
  part: 0.1,
  inputs: spoiltJson({ status: "Completed", workflowStatus: "Completed", isFinalStatus: true }),
  check: (text) => {
    const state = attempt(() => decodeState(Buffer.from(text)), Undecodable);
    if (state === undefined) return;
    if (!/^(InProgress|WaitingForApproval|Completed|Failed|Denied|Canceled)$/.test(state.status))
      throw new Error(state.status);
    if (typeof state.isFinalStatus !== "boolean") throw new Error("final or not?");
    if (!/^\w{0,64}$/.test(state.workflowStatus ?? "")) throw new Error("no word");
  },
});

fuzz("json", "a list of policies gives those that have names, or is refused", {
  part: 0.2,
  inputs: spoiltJson(fixture("signing-policies"), {
    signingPolicies: [
      {
        signingPolicySlug: "release",
        projectSlug: "app",
        signingPolicyId: ID,
        keyType: "Rsa",
        keySizeInBits: 2048,
        rsaParameters: { publicExponent: "AQAB", modulus: "AAAA" },
        certificateBytes: "AAAA",
        certificateType: "X509",
      },
    ],
  }),
  check: (text) => {
    const policies = attempt(() => decodePolicies(Buffer.from(text)), Undecodable);
    for (const policy of policies ?? []) {
      for (const slug of [policy.projectSlug, policy.signingPolicySlug]) {
        expectText(slug);
        if (slug === "" || /[\p{Cc}\p{Cf}]/u.test(slug)) throw new Error("a slug cannot be shown");
      }
      for (const word of [policy.signingPolicyId, policy.certificateBytes]) expectOptionalText(word);
      for (const word of [policy.keyType, policy.certificateType])
        if (word !== undefined && !/^\w{1,64}$/.test(word)) throw new Error("no word");
      if (policy.keySizeInBits !== undefined && typeof policy.keySizeInBits !== "number")
        throw new Error("no number");
      if (Object.getPrototypeOf(policy) !== Object.prototype) throw new Error("the prototype is another one");
    }
  },
});

fuzz("json", "the emulator reads a payload or a SignHash body, or refuses it with a 400", {
  part: 0.25,
  inputs: spoiltJson(
    rsaPayload({ Metadata: { a: { b: 1 } } }),
    ecdsaPayload({ EcdsaSignatureFormat: "Asn1" }),
    {
      projectSlug: "demo",
      signingPolicySlug: "rsa-2048",
      description: "text",
      hashSigningData: {
        hash: rsaPayload()["Base64EncodedHash"],
        signatureAlgorithm: "Rsa",
        rsaOptions: { hashAlgorithmName: "Sha256", hashAlgorithmOid: OIDS.sha256, paddingMode: "Pss" },
        metadata: { a: 1 },
      },
    },
    {
      projectSlug: "demo",
      signingPolicySlug: "p-256",
      hashSigningData: {
        hash: rsaPayload()["Base64EncodedHash"],
        signatureAlgorithm: "Ecdsa",
        ecdsaOptions: { signatureFormat: "Ieee" },
      },
    },
  ),
  check: (text) => {
    for (const read of [readPayload, readSignHashBody]) {
      try {
        const { order } = read(Buffer.from(text));
        if (!Buffer.isBuffer(order.hash)) throw new Error("there is no hash");
      } catch (error) {
        if (!(error instanceof Refusal) || error.reply.status !== 400) throw error;
      }
    }
  },
});

fuzz("json", "any text is an object with its own members, or none", {
  part: 0.05,
  inputs: fc.oneof(spoiltJson({ a: { b: [1, "x"] } }), spoiltText(fc.constantFrom(...HOSTILE_JSON))),
  check: (text) => {
    const parsed = parseJsonObject(Buffer.from(text));
    if (parsed !== undefined && (typeof parsed !== "object" || Array.isArray(parsed)))
      throw new Error("no object");
    for (const decode of [decodeFastAnswer, decodePolicies, decodeState])
      expectNoCanary(messageOf(() => decode(Buffer.from(text))));
  },
});

/** What a decoder says of a text that it cannot take. */
function messageOf(decode: () => unknown): string {
  try {
    decode();
    return "";
  } catch (error) {
    if (error instanceof Undecodable) return error.message;
    throw error;
  }
}
