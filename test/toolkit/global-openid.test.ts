import { calculateJwkThumbprint, exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import type { ClientMetadata } from "oidc-provider";
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { install } from "../../src/toolkit/global/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { failureOf } from "../support/failure.js";
import { ACCOUNT, REDIRECT_URI, useOpenIdProvider } from "../support/openid-provider.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import type { JoseVariant } from "./global-support.js";
import { JOSE_ALGORITHMS, tamperedToken, verifiedByPyJwt } from "./global-support.js";

const row = {
  subpath: "/global",
  use: "`install()`: `private_key_jwt`, signed request objects, DPoP",
  verifiers: ["python-jwt"],
  verifiedBy: ["oidc-provider", "PyJWT"],
} as const;
const provesOauth4webapi = toolkitTest({ ...row, toolkit: "oauth4webapi" });
const provesOpenidClient = toolkitTest({ ...row, toolkit: "openid-client" });

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const provider = useOpenIdProvider(() => Promise.all(JOSE_ALGORITHMS.map(registrationOf)));
let uninstall = (): void => undefined;
beforeAll(() => {
  uninstall = install();
});
afterAll(() => uninstall());

async function keysOf({ slug, name, hash }: JoseVariant) {
  const policy = await signpath().policy(`demo/${slug}`);
  const { privateKey, publicKey } = await policy.keyPair({ name, hash });
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
  return { policy, privateKey, publicKey, kid, signingKey: { key: privateKey, kid } };
}

/** A confidential client whose only credential is the key in SignPath. */
async function registrationOf(variant: JoseVariant): Promise<ClientMetadata> {
  const { publicKey, kid } = await keysOf(variant);
  const { alg } = variant;
  return {
    client_id: alg,
    redirect_uris: [REDIRECT_URI],
    response_types: ["code"],
    grant_types: ["authorization_code", "client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: alg,
    request_object_signing_alg: alg,
    require_signed_request_object: true,
    dpop_bound_access_tokens: true,
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: "sig" }] },
  };
}

/** What both clients give to their `fetch`. */
interface SentRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly redirect: "manual";
}

/** The tokens that a client sends, each of which a test may change on its way. */
class Wire {
  readonly assertions: string[] = [];
  readonly proofs: string[] = [];
  readonly #change: Partial<Record<"assertion" | "proof", (token: string) => string>>;

  constructor(change: Partial<Record<"assertion" | "proof", (token: string) => string>> = {}) {
    this.#change = change;
  }

  readonly fetch = async (url: string, { body, headers, ...init }: SentRequest): Promise<Response> => {
    const form = body instanceof URLSearchParams ? new URLSearchParams(body) : undefined;
    const assertion = form?.get("client_assertion");
    if (assertion) {
      this.assertions.push(assertion);
      form?.set("client_assertion", this.#change.assertion?.(assertion) ?? assertion);
    }
    const sent = new Headers(headers);
    const proof = sent.get("dpop");
    if (proof !== null) {
      this.proofs.push(proof);
      sent.set("dpop", this.#change.proof?.(proof) ?? proof);
    }
    return fetch(url, { ...init, headers: sent, ...(form !== undefined && { body: form }) });
  };
}

/** An authorization request whose object was changed, but for its signature. */
function withTamperedRequest(url: URL): URL {
  const changed = new URL(url);
  changed.searchParams.set("request", tamperedToken(url.searchParams.get("request") ?? ""));
  return changed;
}

/** PyJWT finds each token good, with the header that it was made with. */
async function expectVerified(variant: JoseVariant, tokens: readonly string[]): Promise<void> {
  const { policy } = await keysOf(variant);
  const signatures = tokens.map((token) => ({ token }));
  for (const { header } of await verifiedByPyJwt(policy, variant, signatures))
    expect(header).toMatchObject({ alg: variant.alg });
}

describe("openid-client, with the global WebCrypto bridged,", () => {
  async function configure(variant: JoseVariant, wire = new Wire()) {
    const { signingKey, ...keys } = await keysOf(variant);
    const config = await client.discovery(
      provider().issuer,
      variant.alg,
      undefined,
      client.PrivateKeyJwt(signingKey),
      { [client.customFetch]: wire.fetch, execute: [client.allowInsecureRequests] },
    );
    return { config, wire, signingKey, DPoP: client.getDPoPHandle(config, keys), ...keys };
  }

  for (const variant of JOSE_ALGORITHMS) {
    const { slug, name, alg } = variant;
    provesOpenidClient(`logs a user in, all of it signed with ${alg}`, provenBy(slug, name), async () => {
      const { config, wire, signingKey, DPoP } = await configure(variant);
      const before = sentTo(emulator());
      const verifier = client.randomPKCECodeVerifier();
      const state = client.randomState();
      const url = await client.buildAuthorizationUrlWithJAR(
        config,
        {
          redirect_uri: REDIRECT_URI,
          scope: "openid",
          state,
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        },
        signingKey,
      );
      const callback = await provider().authorize(url);
      const checks = { pkceCodeVerifier: verifier, expectedState: state };
      const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
      expect(tokens).toMatchObject({ token_type: "dpop" });
      expect(tokens.claims()).toMatchObject({ sub: ACCOUNT, aud: alg });
      const userInfo = await client.fetchUserInfo(config, tokens.access_token, ACCOUNT, { DPoP });
      expect(userInfo).toEqual({ sub: ACCOUNT });

      const { assertions, proofs } = wire;
      expect([assertions.length, proofs.length]).toEqual([1, 2]);
      expect(sentTo(emulator()) - before).toBe(4);
      await expectVerified(variant, [url.searchParams.get("request") ?? "", ...assertions, ...proofs]);
      const refused = await provider().authorize(withTamperedRequest(url));
      expect(Object.fromEntries(refused.searchParams)).toMatchObject({
        error: "invalid_request_object",
        error_description: "could not validate Request Object",
      });
    });

    provesOpenidClient(`is refused a token for a changed assertion or proof by ${alg}`, [], async () => {
      const grant = async (wire: Wire) => {
        const { config, DPoP } = await configure(variant, wire);
        return client.clientCredentialsGrant(config, {}, { DPoP });
      };
      expect(await grant(new Wire())).toMatchObject({ token_type: "dpop" });
      expect(await failureOf(grant(new Wire({ assertion: tamperedToken })))).toMatchObject({
        error: "invalid_client",
      });
      expect(await failureOf(grant(new Wire({ proof: tamperedToken })))).toMatchObject({
        error: "invalid_dpop_proof",
      });
    });
  }
});

describe("oauth4webapi, with the global WebCrypto bridged,", () => {
  for (const variant of JOSE_ALGORITHMS) {
    const { slug, name, alg } = variant;
    provesOauth4webapi(`logs a user in, all of it signed with ${alg}`, provenBy(slug, name), async () => {
      const { issuer } = provider();
      const wire = new Wire();
      const insecure = {
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: wire.fetch,
      };
      const as = await oauth
        .discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true })
        .then((response) => oauth.processDiscoveryResponse(new URL(issuer.origin), response));
      const { signingKey, ...keys } = await keysOf(variant);
      const self: oauth.Client = { client_id: alg };
      const DPoP = oauth.DPoP(self, keys);
      const before = sentTo(emulator());

      const verifier = oauth.generateRandomCodeVerifier();
      const state = oauth.generateRandomState();
      const request = await oauth.issueRequestObject(
        as,
        self,
        {
          response_type: "code",
          redirect_uri: REDIRECT_URI,
          scope: "openid",
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        },
        signingKey,
      );
      const pushed = await oauth.pushedAuthorizationRequest(
        as,
        self,
        oauth.PrivateKeyJwt(signingKey),
        { request },
        { ...insecure, DPoP },
      );
      const { request_uri } = await oauth.processPushedAuthorizationResponse(as, self, pushed);
      const url = new URL(as.authorization_endpoint ?? "");
      url.search = new URLSearchParams({ client_id: alg, request_uri }).toString();
      const callback = oauth.validateAuthResponse(as, self, await provider().authorize(url), state);
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        self,
        oauth.PrivateKeyJwt(signingKey),
        callback,
        REDIRECT_URI,
        verifier,
        { ...insecure, DPoP },
      );
      const tokens = await oauth.processAuthorizationCodeResponse(as, self, response);
      expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: ACCOUNT, aud: alg });
      const info = await oauth.userInfoRequest(as, self, tokens.access_token, { ...insecure, DPoP });
      expect(await oauth.processUserInfoResponse(as, self, ACCOUNT, info)).toEqual({ sub: ACCOUNT });

      const { assertions, proofs } = wire;
      expect([assertions.length, proofs.length]).toEqual([2, 3]);
      expect(sentTo(emulator()) - before).toBe(6);
      await expectVerified(variant, [request, ...assertions, ...proofs]);
      const changed = await oauth.pushedAuthorizationRequest(
        as,
        self,
        oauth.PrivateKeyJwt(signingKey),
        { request: tamperedToken(request) },
        insecure,
      );
      expect(await failureOf(oauth.processPushedAuthorizationResponse(as, self, changed))).toMatchObject({
        error: "invalid_request_object",
      });
    });
  }

  it("refuses an EC key that is not bound to the hash of its curve as JOSE does, before anything is sent", async () => {
    const policy = await signpath().policy("demo/p-256");
    const key = policy.privateKey({ name: "ECDSA", hash: "SHA-512" });
    const before = emulator().requests.length;
    const as = { issuer: provider().issuer.origin };
    const signing = oauth.issueRequestObject(as, { client_id: "ES256" }, {}, key);
    expect(await failureOf(signing)).toMatchObject({ name: "InvalidAccessError" });
    expect(emulator().requests).toHaveLength(before);
  });
});
