import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { secureContextOf } from "../../../api/transport/dispatcher.js";
import type { TlsConfig } from "../../../config/config.js";
import { describeCertificate } from "../../certificates/certificate-text.js";

/** What a server showed when a TLS connection was made. */
export interface Handshake {
  readonly protocol: string;
  /** Why the server is not trusted, by Node's code; `undefined` where it is. */
  readonly defect: string | undefined;
  /** Whom the server's certificate is for: `DNS:localhost, IP Address:127.0.0.1`. */
  readonly names: string;
  /** From the server's own on, as far as the server sent it or Node knows it. */
  readonly chain: readonly ReturnType<typeof describeCertificate>[];
  /** The certificate that we showed or would have shown. */
  readonly client: ReturnType<typeof describeCertificate> | undefined;
}

/** A chain that is longer, or a circle, is not followed further. */
const LONGEST_CHAIN = 10;

/**
 * Makes a TLS connection over a socket, which it closes, by the settings of the client. One to a server that is not trusted is
 * made as well, so as to say whose certificate it showed; nothing is sent over it.
 */
export async function shakeHands(
  socket: Duplex,
  target: URL,
  tls: TlsConfig,
  ended: AbortSignal,
): Promise<Handshake> {
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const secureContext = secureContextOf(tls);
  const secured = connect({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(secureContext !== undefined && { secureContext }),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  ended.addEventListener("abort", () => secured.destroy(), { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      secured.once("secureConnect", resolve);
      secured.once("error", reject);
      secured.once("close", () => reject(new Error("the server closed the connection")));
    });
    const own = secured.getX509Certificate();
    const leaf = secured.getPeerX509Certificate();
    return {
      protocol: secured.getProtocol() ?? "unknown",
      // Node gives the code of OpenSSL, or the error of a foreign name.
      defect: secured.authorized ? undefined : defectOf(secured.authorizationError),
      names: leaf?.subjectAltName ?? "",
      chain: chainOf(leaf),
      client: own && describeCertificate(own.raw),
    };
  } finally {
    secured.on("error", () => undefined);
    secured.destroy();
    socket.destroy();
  }
}

function defectOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function chainOf(leaf: X509Certificate | undefined): ReturnType<typeof describeCertificate>[] {
  const chain: ReturnType<typeof describeCertificate>[] = [];
  for (let each = leaf; each !== undefined && chain.length < LONGEST_CHAIN; ) {
    chain.push(describeCertificate(each.raw));
    const issuer: X509Certificate | undefined = each.issuerCertificate;
    each = issuer?.fingerprint256 === each.fingerprint256 ? undefined : issuer;
  }
  return chain;
}
