import type { Reply } from "../http/reply.js";

/**
 * No script and no style but those of this origin, no page of another origin around this one, no form to elsewhere. What a
 * client sent is text here, whatever it looks like.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Of every answer to a browser. */
const GUARDED: Readonly<Record<string, string>> = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};
const FRESH: Readonly<Record<string, string>> = { ...GUARDED, "Cache-Control": "no-store" };

/** A page. */
export function page(document: string, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", ...FRESH, ...headers },
    body: { bytes: Buffer.from(document) },
  };
}

/** After a form: the page to show instead, so that loading it again sends nothing twice. */
export function seeOther(path: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 303, headers: { ...FRESH, ...headers, Location: path }, body: { bytes: Buffer.alloc(0) } };
}

/** A file to keep. */
export function download(name: string, type: string, bytes: Buffer): Reply {
  const disposition = `attachment; filename="${name}"`;
  return {
    status: 200,
    headers: { "Content-Type": type, "Content-Disposition": disposition, ...FRESH },
    body: { bytes },
  };
}

/** Text that a person asked for, and that no cache keeps. */
export function plainText(text: string): Reply {
  return {
    status: 200,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...FRESH },
    body: { bytes: Buffer.from(text) },
  };
}

/** A file of the pages themselves. Its name changes with its content, so that it may be kept. */
export function asset(type: string, bytes: Buffer): Reply {
  return {
    status: 200,
    headers: { "Content-Type": type, ...GUARDED, "Cache-Control": "public, max-age=31536000, immutable" },
    body: { bytes },
  };
}
