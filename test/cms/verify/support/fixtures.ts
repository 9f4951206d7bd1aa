import { readFileSync } from "node:fs";

const FOLDER = new URL("../../../../fixtures/cms/", import.meta.url);

/** A file of fixtures/cms. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}

/** A time at which all certificates there are valid. */
export const AT: Date = new Date("2027-01-01T00:00:00Z");
export const ROOT: Buffer = fixture("root.pem");
export const CONTENT: Buffer = fixture("content.bin");
/** What `seq 1 2000` prints. */
export const LARGE: Buffer = Buffer.from(
  Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join(""),
);

const RSA = "RSASSA-PKCS1-v1_5";

/** A signature, what it is over (`undefined`: attached), and its signers' algorithms. */
export interface Fixture {
  readonly name: string;
  readonly content: Buffer | undefined;
  /** Of an attached one. */
  readonly inside?: Buffer;
  readonly signers: readonly (readonly [digest: string, signature: string])[];
  readonly certificates?: readonly Buffer[];
  readonly allowWeakDigests?: boolean;
}

const detached = (name: string, signature = RSA, digest = "SHA-256"): Fixture => ({
  name,
  content: CONTENT,
  signers: [[digest, signature]],
});
const attached = (name: string, inside: Buffer = CONTENT): Fixture => ({
  name,
  content: undefined,
  inside,
  signers: [["SHA-256", RSA]],
});
const jar = (name: string, signature = RSA, digest = "SHA-256"): Fixture => ({
  ...detached(`jdk-${name}.p7s`, signature, digest),
  content: fixture(`jdk-${name}.sf`),
});

export const FIXTURES: readonly Fixture[] = [
  detached("openssl-detached.p7s"),
  attached("openssl-attached.p7m"),
  detached("openssl-cades.p7s"),
  detached("openssl-key-identifier.p7s"),
  detached("openssl-no-attributes.p7s"),
  attached("openssl-no-attributes-attached.p7m"),
  detached("openssl-sha512.p7s", RSA, "SHA-512"),
  { ...detached("openssl-sha1.p7s", RSA, "SHA-1"), allowWeakDigests: true },
  detached("openssl-pss.p7s", "RSA-PSS"),
  detached("openssl-pss-salt-20.p7s", "RSA-PSS"),
  { ...detached("openssl-no-certificates.p7s"), certificates: [fixture("signer.pem")] },
  {
    ...detached("openssl-cosigned.p7s"),
    signers: [
      ["SHA-256", "ECDSA"],
      ["SHA-256", RSA],
    ],
  },
  attached("openssl-content-type.p7m"),
  detached("openssl-pem.p7s"),
  detached("openssl-smime-pem.p7s"),
  attached("openssl-stream.p7m", LARGE),
  detached("openssl-ecdsa.p7s", "ECDSA"),
  detached("openssl-ecdsa-no-attributes.p7s", "ECDSA"),
  detached("openssl-ecdsa-sha384.p7s", "ECDSA", "SHA-384"),
  jar("rsa"),
  jar("ecdsa", "ECDSA"),
  jar("pss", "RSA-PSS"),
  jar("timestamped"),
  detached("gpgsm-detached.p7s"),
  attached("gpgsm-attached.pem"),
  detached("bc-detached.p7s"),
  attached("bc-attached.p7m"),
  detached("bc-pss.p7s", "RSA-PSS"),
  detached("bc-ecdsa.p7s", "ECDSA", "SHA-512"),
  {
    ...detached("bc-cosigned.p7s"),
    signers: [
      ["SHA-384", "ECDSA"],
      ["SHA-256", RSA],
    ],
  },
  attached("bc-stream.p7m", LARGE),
  detached("bc-counter-signed.p7s"),
  detached("bc-timestamped.p7s"),
];
