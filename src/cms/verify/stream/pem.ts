import { concat } from "../../../base/bytes.js";
import { Malformed } from "../asn1/limits.js";

const BEGIN = /^\s*-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA|SIGNED MESSAGE)-----[ \t]*\r?\n/;
/** White space and a line with a label. */
const LONGEST_BEGIN = 200;
const DASH = 0x2d;

/** Bytes as they are, or decoded where they begin as PEM (RFC 7468, sections 7 and 8; gpgsm has a label of its own). */
export async function* withoutArmour(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array(0);
    for (let done = false; !done && head.length < LONGEST_BEGIN && mayBeText(head); ) {
      const next = await chunks.next();
      done = next.done ?? false;
      if (!next.done) head = concat(head, next.value);
    }
    const begin = BEGIN.exec(Buffer.from(head.subarray(0, LONGEST_BEGIN)).toString("latin1"));
    if (begin === null) yield head;
    else yield* decoded(head.subarray(begin[0].length), chunks, `-----END ${begin[1] ?? ""}-----`);
    if (begin !== null) return;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

/** ASN.1 begins with a SEQUENCE, PEM with a dash or white space. */
function mayBeText(head: Uint8Array): boolean {
  const [first] = head;
  return first === undefined || first === DASH || first <= 0x20;
}

/** Base64 with line breaks, up to the line at its end; nothing but white space may follow. */
async function* decoded(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
  end: string,
): AsyncGenerator<Uint8Array, void, void> {
  let rest = "";
  let padded = false;
  let text = Buffer.from(head).toString("latin1");
  let tail: string | undefined;
  for (;;) {
    if (tail === undefined) {
      const dash = text.indexOf("-");
      const base64 = rest + (dash < 0 ? text : text.slice(0, dash)).replace(/[ \t\r\n]+/g, "");
      if (/[^A-Za-z0-9+/=]/.test(base64)) throw new Malformed("the PEM text is no Base64");
      if (dash >= 0) tail = text.slice(dash);
      const whole = tail === undefined ? base64.length - (base64.length % 4) : base64.length;
      if (padded && base64 !== "") throw new Malformed("the PEM text is no Base64");
      yield decode(base64.slice(0, whole));
      padded = base64.slice(0, whole).endsWith("=");
      rest = base64.slice(whole);
    } else tail += text;
    if (tail !== undefined && tail.length > LONGEST_BEGIN)
      throw new Malformed("something follows the PEM text");
    const next = await chunks.next();
    if (next.done) break;
    text = Buffer.from(next.value).toString("latin1");
  }
  if (tail === undefined || tail.trim() !== end)
    throw new Malformed("the PEM text has another end than it should");
}

/** Padding stands at the very end alone. */
function decode(base64: string): Uint8Array {
  const padding = base64.indexOf("=");
  const isInside = padding >= 0 && !/^==?$/.test(base64.slice(padding));
  if (base64.length % 4 !== 0 || isInside) throw new Malformed("the PEM text is no Base64");
  return Buffer.from(base64, "base64");
}
