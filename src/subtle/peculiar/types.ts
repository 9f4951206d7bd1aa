/** The usages of an algorithm; asymmetric ones tell the halves of the pair apart. */
export type ProviderUsages =
  | readonly string[]
  | { readonly privateKey: readonly string[]; readonly publicKey: readonly string[] };

/** What webcrypto-core calls the implementation of one algorithm. */
export interface PeculiarProvider {
  readonly name: string;
  readonly usages: ProviderUsages;
  readonly namedCurves?: readonly string[];
  readonly hashAlgorithms?: readonly string[];
  encrypt(algorithm: object, key: CryptoKey, data: ArrayBuffer, options: object): Promise<ArrayBuffer>;
  decrypt(algorithm: object, key: CryptoKey, data: ArrayBuffer, options: object): Promise<ArrayBuffer>;
  deriveBits(algorithm: object, key: CryptoKey, length: number | null, options: object): Promise<ArrayBuffer>;
  onExportKey(format: string, key: CryptoKey): Promise<ArrayBuffer>;
}

/** The `SubtleCrypto` of @peculiar/webcrypto, with the table of providers that its types leave out. */
export interface PeculiarSubtle {
  readonly providers: {
    get(name: string): PeculiarProvider | null;
    set(provider: object): void;
  };
}

/** What this package uses of the module @peculiar/webcrypto. */
export interface PeculiarModule {
  readonly Crypto: new () => { readonly subtle: unknown };
  readonly CryptoKey: new () => unknown;
}

/** The members of an algorithm, with `name`, `hash` and `namedCurve` as the provider spells them. */
export interface AlgorithmMembers {
  readonly name: string;
  readonly hash?: { readonly name: string };
  readonly namedCurve?: unknown;
  readonly length?: unknown;
  readonly public?: unknown;
}

/** An algorithm together with its implementation. */
export interface ResolvedAlgorithm {
  readonly provider: PeculiarProvider;
  readonly members: AlgorithmMembers;
}
