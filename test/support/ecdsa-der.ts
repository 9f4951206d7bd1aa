/** ECDSA signatures as DER (RFC 3279, section 2.2.3), written anew so that a misreading in the sources is not shared. */

/** r‖s of fixed width as an ASN.1 SEQUENCE of two INTEGERs. */
export function derOf(fixed: Uint8Array): Buffer {
  const half = fixed.length / 2;
  return sequenceOf(integerOf(fixed.subarray(0, half)), integerOf(fixed.subarray(half)));
}

/** A SEQUENCE around what is given. */
export function sequenceOf(...members: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(members);
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.from([0x30, ...length, ...content]);
}

/** An unsigned big-endian number as an INTEGER: no superfluous zeros, but one where the sign bit would be set. */
export function integerOf(magnitude: Uint8Array): Buffer {
  const digits = [...magnitude];
  while (digits.length > 1 && digits[0] === 0) digits.shift();
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return Buffer.from([0x02, digits.length, ...digits]);
}
