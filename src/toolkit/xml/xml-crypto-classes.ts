import type { KeyLike } from "node:crypto";
import { constants, createHash, createPublicKey, verify } from "node:crypto";
import type { AdapterAlgorithm } from "../../adapter/algorithms.js";
import { refused } from "../../adapter/refusal.js";

/** A signature algorithm as xml-crypto calls it. */
export interface XmlCryptoSignatureAlgorithm {
  getSignature(signedInfo: unknown, privateKey: unknown): string;
  getSignature(
    signedInfo: unknown,
    privateKey: unknown,
    callback?: (error: Error | null, signature?: string) => void,
  ): void;
  verifySignature(material: string, key: KeyLike, signatureValue: string): boolean;
  verifySignature(
    material: string,
    key: KeyLike,
    signatureValue: string,
    callback?: (error: Error | null, isValid?: boolean) => void,
  ): void;
  getAlgorithmName(): string;
}

/** A hash as xml-crypto calls it. */
export interface XmlCryptoHashAlgorithm {
  getAlgorithmName(): string;
  getHash(xml: string): string;
}

/** The class of a way to sign; `sign` gives the signature in Base64. */
export function signatureAlgorithmClass(
  algorithm: AdapterAlgorithm,
  uri: string,
  sign: (signedInfo: unknown) => Promise<string>,
): new () => XmlCryptoSignatureAlgorithm {
  return class implements XmlCryptoSignatureAlgorithm {
    getSignature(signedInfo: unknown, _privateKey: unknown): string;
    getSignature(signedInfo: unknown, _privateKey: unknown, callback?: Answer<string>): void;
    getSignature(signedInfo: unknown, _privateKey: unknown, callback?: Answer<string>): unknown {
      if (callback === undefined)
        throw refused("SignPath signs over the network: call computeSignature with a callback");
      void sign(signedInfo).then((signature) => callback(null, signature), callback);
      return undefined;
    }

    verifySignature(material: string, key: KeyLike, signatureValue: string): boolean;
    verifySignature(material: string, key: KeyLike, signatureValue: string, callback?: Answer<boolean>): void;
    verifySignature(
      material: string,
      key: KeyLike,
      signatureValue: string,
      callback?: Answer<boolean>,
    ): unknown {
      const isValid = isSignature(algorithm, material, key, signatureValue);
      return callback === undefined ? isValid : callback(null, isValid);
    }

    getAlgorithmName(): string {
      return uri;
    }
  };
}

/** The class of a hash. */
export function hashAlgorithmClass(hash: string, uri: string): new () => XmlCryptoHashAlgorithm {
  return class implements XmlCryptoHashAlgorithm {
    getAlgorithmName(): string {
      return uri;
    }

    getHash(xml: string): string {
      return createHash(hash.replace("-", "")).update(xml, "utf8").digest("base64");
    }
  };
}

function isSignature(
  { name, hash }: AdapterAlgorithm,
  text: string,
  key: KeyLike,
  signature: string,
): boolean {
  const publicKey = createPublicKey(key);
  // Without this a key of the other kind would be asked, and answer in its own way.
  if ((publicKey.asymmetricKeyType === "ec") !== (name === "ECDSA")) return false;
  const isPss = name === "RSA-PSS";
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const options = name === "ECDSA" ? { dsaEncoding: "ieee-p1363" as const } : { padding };
  const salt = isPss ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  const value = Buffer.from(signature, "base64");
  return verify(hash.replace("-", ""), Buffer.from(text), { key: publicKey, ...options, ...salt }, value);
}

type Answer<Result> = (error: Error | null, result?: Result) => void;
