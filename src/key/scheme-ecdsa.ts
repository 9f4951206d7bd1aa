import { verify } from "node:crypto";
import type { Bytes } from "../base/bytes.js";
import { concat, exactCopy } from "../base/bytes.js";
import type { CertificateFacts } from "../policy/certificate.js";
import { CURVES } from "../policy/certificate.js";
import type { HashAlgorithm } from "./hashes.js";
import type { Checked, Scheme, Signed } from "./scheme.js";
import { digestOf, wrongLength } from "./scheme.js";
import { turn } from "./turn.js";

type NobleCurves = typeof import("@noble/curves/nist.js");

let loading: Promise<NobleCurves> | undefined;

/** The curves in JavaScript: Node cannot verify an ECDSA signature of a hash, only of a message. */
function nobleCurves(): Promise<NobleCurves> {
  loading ??= import("@noble/curves/nist.js");
  return loading;
}

function curveOf(curves: NobleCurves, namedCurve: string): NobleCurves["p256"] {
  const byName = { "P-256": curves.p256, "P-384": curves.p384, "P-521": curves.p521 };
  return byName[namedCurve as keyof typeof byName];
}

function namedCurveOf({ key }: CertificateFacts): string {
  return key.type === "ec" ? key.namedCurve : "";
}

function signatureLength(facts: CertificateFacts): number {
  return 2 * (CURVES.get(namedCurveOf(facts))?.length ?? 0);
}

/** An ASN.1 SEQUENCE of r and s (RFC 3279, section 2.2.3) as r‖s; `undefined` for anything else. */
async function fromDer(signature: Bytes, facts: CertificateFacts): Promise<Bytes | undefined> {
  if (signature[0] !== 0x30) return undefined;
  const curve = curveOf(await nobleCurves(), namedCurveOf(facts));
  try {
    return exactCopy(curve.Signature.fromBytes(signature, "der").toBytes("compact"));
  } catch {
    return undefined;
  }
}

function verifyMessage(
  signature: Bytes,
  { publicKey }: CertificateFacts,
  hash: HashAlgorithm,
  message: Uint8Array,
): boolean {
  return verify(hash.nodeName, message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
}

/** The same on a thread of Node's pool: at 64 in flight a third more in all, at one in flight a third less. */
function verifyMessageElsewhere(
  signature: Bytes,
  { publicKey }: CertificateFacts,
  hash: HashAlgorithm,
  message: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
    verify(hash.nodeName, message, key, signature, (error, verified) => {
      if (error === null) resolve(verified);
      else reject(error);
    });
  });
}

/**
 * The same among many others: one each turn, so that those that came together do not go on together and find the server's
 * time lost; what is too much for that, on a thread of Node's pool.
 */
async function verifyMessageInTurn(
  signature: Bytes,
  facts: CertificateFacts,
  hash: HashAlgorithm,
  message: Uint8Array,
): Promise<boolean> {
  // On the other curves a check takes as long as several requests.
  const here = namedCurveOf(facts) === "P-256" && (await turn());
  return (here ? verifyMessage : verifyMessageElsewhere)(signature, facts, hash, message);
}

async function verifyFixed(
  signature: Bytes,
  facts: CertificateFacts,
  algorithm: HashAlgorithm,
  signed: Signed,
): Promise<boolean> {
  return signed.message === undefined
    ? verifyHash(signature, facts, digestOf(signed))
    : verifyMessage(signature, facts, algorithm, signed.message);
}

async function verifyHash(signature: Bytes, facts: CertificateFacts, hash: Uint8Array): Promise<boolean> {
  const curve = curveOf(await nobleCurves(), namedCurveOf(facts));
  const { x = "", y = "" } = facts.publicKey.export({ format: "jwk" });
  const point = concat(Uint8Array.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url"));
  return curve.verify(signature, hash, point, { prehash: false, lowS: false });
}

const NOT_OURS: Checked = { defect: "it is not a signature of this hash by the certificate's key" };

/** ECDSA (FIPS 186-5), returned as r‖s of fixed width (IEEE P1363), as WebCrypto has it. */
export const ecdsa: Scheme = {
  wantsMessage: true,
  signatureLength,
  shape(signature, facts) {
    const length = signatureLength(facts);
    if (signature.length === length) return { signature };
    return fromDer(signature, facts).then((fixed) =>
      fixed === undefined ? wrongLength(signature.length, length) : { signature: fixed },
    );
  },
  check(signature, facts, algorithm, signed, crowded) {
    const { message } = signed;
    if (message === undefined || signature.length !== signatureLength(facts)) {
      return checkSlowly(signature, facts, algorithm, signed);
    }
    const conclude = (verified: boolean): Checked | Promise<Checked> =>
      verified ? { signature } : checkSlowly(signature, facts, algorithm, signed);
    return crowded
      ? verifyMessageInTurn(signature, facts, algorithm, message).then(conclude)
      : conclude(verifyMessage(signature, facts, algorithm, message));
  },
};

/** Also recognises an ASN.1 signature, which can by chance be as long as one of fixed width. */
async function checkSlowly(
  signature: Bytes,
  facts: CertificateFacts,
  algorithm: HashAlgorithm,
  signed: Signed,
): Promise<Checked> {
  const length = signatureLength(facts);
  if (signature.length === length && (await verifyFixed(signature, facts, algorithm, signed)))
    return { signature };
  const fixed = await fromDer(signature, facts);
  if (fixed !== undefined && (await verifyFixed(fixed, facts, algorithm, signed)))
    return { signature: fixed };
  return fixed === undefined && signature.length !== length
    ? wrongLength(signature.length, length)
    : NOT_OURS;
}
