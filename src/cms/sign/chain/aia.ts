import { X509Certificate } from "node:crypto";
import type { ApiClient } from "../../../api/client.js";
import { Undecodable } from "../../../api/decode.js";
import type { Outside } from "../../../api/transport/outside.js";
import { forgetAborted, onceAborted } from "../../../base/abort.js";
import type { Bytes } from "../../../base/bytes.js";
import { exactCopy } from "../../../base/bytes.js";
import { readCertificates } from "../../../policy/chain.js";
import { childrenOf, MalformedAsn1, readElement } from "../../asn1/element.js";
import { readObjectIdentifier } from "../../asn1/object-identifier.js";
import { EXTENSIONS } from "../../asn1/oids.js";
import { throughApi } from "../../timestamp/through.js";
import { readCms } from "../edit/read.js";
import { refused } from "../refusal.js";
import { extensionOf } from "../signer-identifier.js";
import type { AiaPlan } from "./aia-plan.js";

/** `uniformResourceIdentifier [6]` among the kinds of GeneralName (RFC 5280, section 4.2.1.6). */
const URI = 0x86;

/** Addresses of one certificate that are tried. */
const MOST_ADDRESSES = 4;

/** Certificates in one answer; the largest bundles of bridge authorities have half as many. */
const MOST_CERTIFICATES = 64;

/** What an address gave is good for an hour: a thousand signatures do not ask a thousand times. */
const KEPT_MS = 3_600_000;
const MOST_KEPT = 64;
const kept = new WeakMap<
  ApiClient,
  Map<string, { readonly at: number; readonly certificates: readonly Bytes[] }>
>();

/** The http and https addresses where the issuer of a certificate can be had (RFC 5280, section 4.2.2.1). */
export function issuerAddresses(certificate: Bytes): URL[] {
  return accessLocations(certificate)
    .flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []))
    .filter(({ protocol, username, password }) => /^https?:$/.test(protocol) && username + password === "")
    .slice(0, MOST_ADDRESSES);
}

/** None where the extension is malformed: that is the certificate's fault, and no reason not to sign. */
function accessLocations(certificate: Bytes): string[] {
  try {
    const extension = extensionOf(certificate, EXTENSIONS.authorityInfoAccess);
    const descriptions = extension === undefined ? [] : childrenOf(readElement(extension));
    return descriptions.flatMap((description) => {
      const [method, location] = childrenOf(description);
      const isIssuer = readObjectIdentifier(method) === EXTENSIONS.caIssuers && location?.tag === URI;
      return isIssuer ? [Buffer.from(location.content).toString("latin1")] : [];
    });
  } catch (error) {
    if (error instanceof MalformedAsn1) return [];
    throw error;
  }
}

/**
 * The certificates at an address: one in DER or PEM, or a PKCS #7 bundle. Sent with the settings of the client but for its
 * API token.
 *
 * @throws {SignPathError} those of `Outside.send`; `TIMEOUT` also of the wait for a turn; `CONFIG_INVALID` for an origin that is not to
 * be asked
 */
export async function fetchIssuers(
  url: URL,
  plan: AiaPlan,
  api: ApiClient,
  signal: AbortSignal | undefined,
): Promise<readonly Bytes[]> {
  requireOrigin(url, plan);
  const known = kept.get(api) ?? new Map();
  kept.set(api, known);
  const before = known.get(url.href);
  if (before !== undefined && Date.now() - before.at < KEPT_MS) return before.certificates;
  const certificates = await within(plan.timeoutMs, url, signal, (deadline) =>
    throughApi(api, (outside) => ask(outside, url, plan, deadline)),
  );
  if (known.size >= MOST_KEPT) known.delete(known.keys().next().value ?? "");
  known.set(url.href, { at: Date.now(), certificates });
  return certificates;
}

function requireOrigin(url: URL, { origins }: AiaPlan): void {
  if (origins === undefined || origins.has(url.origin)) return;
  throw refused(
    "CONFIG_INVALID",
    `an issuer is not fetched from ${url.origin}: aia.origins does not list it`,
  );
}

/**
 * The waiting for a turn included: a server that asks for patience, or has many signatures wait for it, would hold them up for
 * longer than the request itself may take.
 */
async function within<T>(
  timeoutMs: number,
  { host }: URL,
  signal: AbortSignal | undefined,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const late = refused("TIMEOUT", `${host} gave no issuer's certificate within ${timeoutMs} ms`);
  const stop = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  if (signal?.aborted) stop();
  else if (signal) onceAborted(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.reason === late ? late : error;
  } finally {
    clearTimeout(timer);
    if (signal) forgetAborted(signal, stop);
  }
}

function ask(
  outside: Outside,
  url: URL,
  { maxBytes, timeoutMs, origins }: AiaPlan,
  signal: AbortSignal,
): Promise<readonly Bytes[]> {
  return outside.send(
    {
      what: "issuer's certificate",
      peer: "the certificate authority",
      stage: "cms",
      method: "GET",
      url,
      accept: "application/pkix-cert, application/pkcs7-mime, */*",
      maxBytes,
      onlyPublic: origins === undefined,
      decode: ({ body }) => {
        const certificates = certificatesIn(exactCopy(body));
        if (certificates.length <= MOST_CERTIFICATES) return certificates;
        throw new Undecodable(`it has more than ${MOST_CERTIFICATES} certificates`);
      },
    },
    { signal, limits: { totalTimeoutMs: timeoutMs } },
  );
}

/**
 * By content, whatever the answer says that it is: authorities name it in many ways.
 *
 * @throws {Undecodable}
 */
function certificatesIn(body: Bytes): Bytes[] {
  try {
    return readCertificates([body]);
  } catch {
    return certificatesInBundle(body);
  }
}

function certificatesInBundle(body: Bytes): Bytes[] {
  try {
    return readCms(body).certificates.map((der) => exactCopy(new X509Certificate(der).raw));
  } catch {
    throw new Undecodable("it is no certificate in DER or PEM and no PKCS #7 bundle");
  }
}
