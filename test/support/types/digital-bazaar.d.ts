// What the tests use of packages that have no declarations.

declare module "@digitalbazaar/data-integrity" {
  export class DataIntegrityProof {
    constructor(options: {
      readonly signer?: {
        readonly id: string;
        readonly algorithm: string;
        sign(options: { data: Uint8Array }): Promise<Uint8Array>;
      };
      readonly cryptosuite: object;
    });
  }
}

declare module "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite" {
  export const cryptosuite: object;
}

declare module "@digitalbazaar/ecdsa-multikey" {
  export function fromJwk(options: {
    readonly jwk: JsonWebKey;
    readonly id: string;
    readonly controller: string;
  }): Promise<{
    export(options: {
      readonly publicKey: true;
      readonly includeContext: true;
    }): Promise<Record<string, string>>;
  }>;
}

declare module "@digitalbazaar/credentials-context" {
  export const contexts: ReadonlyMap<string, object>;
}

declare module "@digitalbazaar/data-integrity-context" {
  const context: { readonly contexts: ReadonlyMap<string, object> };
  export default context;
}

declare module "@digitalbazaar/multikey-context" {
  const context: { readonly contexts: ReadonlyMap<string, object> };
  export default context;
}

declare module "jsonld-signatures" {
  interface Options {
    readonly suite: object;
    readonly purpose: object;
    readonly documentLoader: (url: string) => Promise<{ documentUrl: string; document: object }>;
  }
  interface Verification {
    readonly verified: boolean;
    readonly error?: Error & { readonly errors?: readonly Error[] };
  }
  const jsigs: {
    sign(document: object, options: Options): Promise<Record<string, unknown>>;
    verify(document: object, options: Options): Promise<Verification>;
    readonly purposes: { readonly AssertionProofPurpose: new () => object };
  };
  export default jsigs;
}
