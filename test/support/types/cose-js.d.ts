/** What the tests use of cose-js, which has no declarations. */
declare module "cose-js" {
  interface Headers {
    readonly p?: Record<string, unknown>;
    readonly u?: Record<string, unknown>;
  }
  const cose: {
    readonly sign: {
      create(
        headers: Headers,
        payload: Buffer,
        signer: { readonly key: string | Record<string, Buffer>; readonly externalAAD?: Buffer },
      ): Promise<Buffer>;
      verify(
        message: Uint8Array,
        verifier: { readonly key: unknown; readonly externalAAD?: Uint8Array },
      ): Promise<Buffer>;
    };
  };
  export default cose;
}
