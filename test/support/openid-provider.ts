import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import type { ClientMetadata, Configuration } from "oidc-provider";
import { Provider } from "oidc-provider";
import { afterAll, beforeAll } from "vitest";

/** The user who is logged in, whoever comes. */
export const ACCOUNT = "somebody";
/** Nobody listens there: the last redirection is read, not followed. */
export const REDIRECT_URI = "http://127.0.0.1:9/callback";

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const;

/** `oidc-provider`, a certified OpenID provider that nobody here wrote, on loopback. */
export interface OpenIdProvider {
  readonly issuer: URL;
  /** Does what a browser with an obliging user does: follows an authorization URL to the redirection back to the client. */
  authorize(url: URL): Promise<URL>;
}

/** Starts a provider for the tests of a file, with clients that are made from what `clients` gives when it starts. */
export function useOpenIdProvider(clients: () => Promise<ClientMetadata[]>): () => OpenIdProvider {
  const server = createServer();
  let running: OpenIdProvider | undefined;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const issuer = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const provider = new Provider(issuer.origin, await configuration(await clients()));
    const answer = provider.callback();
    server.on("request", (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return answer(request, response);
      return logIn(provider, request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    running = { issuer, authorize: followRedirections };
  });

  afterAll(async () => {
    server.closeAllConnections();
    if (server.listening) server.close();
  });

  return () => {
    if (running === undefined) throw new Error("The provider runs inside of tests and hooks only");
    return running;
  };
}

/** Everything that a client can be bound to is required: signed request objects, PKCE, DPoP, an asymmetric assertion. */
async function configuration(clients: ClientMetadata[]): Promise<Configuration> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return {
    clients,
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig" }] },
    cookies: { keys: ["of this test only"] },
    enabledJWA: {
      clientAuthSigningAlgValues: [...ALGORITHMS],
      requestObjectSigningAlgValues: [...ALGORITHMS],
      dPoPSigningAlgValues: [...ALGORITHMS],
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      requestObjects: { enabled: true, requireSignedRequestObject: true },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      ClientCredentials: 60,
      Grant: 60,
      IdToken: 60,
      Interaction: 60,
      Session: 60,
    },
  };
}

async function logIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: ACCOUNT } });
}

async function followRedirections(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hops = 0; hops < 10; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null)
      throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
    url = new URL(location, url);
    if (url.href.startsWith(REDIRECT_URI)) return url;
  }
  throw new Error("the provider redirects without end");
}
