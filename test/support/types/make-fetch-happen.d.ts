/** What the declarations of @sigstore/sign need; those of @types do not compile beside the types of Node 20. */
declare module "make-fetch-happen" {
  /** What all requests are made with. */
  export interface MakeFetchHappenOptions {
    readonly timeout?: number;
    readonly retry?: boolean | number | object;
  }
  /** What one request is made with. */
  export interface FetchOptions extends MakeFetchHappenOptions {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  const fetch: (url: string, options?: FetchOptions) => Promise<Response>;
  export default fetch;
}
