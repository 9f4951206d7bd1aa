const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Standard, padded Base64 (RFC 4648, section 4). `undefined` for everything that a strict reader refuses:
 * white space, the URL alphabet, missing padding, and bits that no byte uses.
 */
export function fromBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !STANDARD.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  // Node drops what it cannot use: only a text that comes back the same was canonical.
  return bytes.toString("base64") === text ? bytes : undefined;
}
