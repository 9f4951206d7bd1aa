import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { Checksum } from "./pe/checksum.js";
import { paddingAfter } from "./pe/digest.js";
import { imageOf } from "./pe/image.js";
import { readLayout } from "./pe/layout.js";

const CHECKSUM_BYTES = 4;

/**
 * Puts right what resedit leaves in an executable that it has signed, none of which a signature covers: the checksum in the
 * headers, which it counts before the signature is there and without which Windows loads no driver, and the length of the
 * signature in the certificate table, which it does not round up to the alignment as signtool does; osslsigncode 2.5 finds no
 * signature then.
 *
 * @param executable - as `generateExecutableWithSign` of resedit gives it
 * @returns a copy that is right
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no PE image
 * @throws {TypeError} for what is no bytes
 */
export async function finalizeExecutable(executable: Uint8Array | ArrayBuffer): Promise<Bytes> {
  if (!isBufferSource(executable)) throw new TypeError("an executable must be bytes");
  const image = exactCopy(viewOf(executable));
  const { checksumAt, certificateTable } = await readLayout(imageOf(image));
  const view = new DataView(image.buffer);
  if (certificateTable !== undefined && certificateTable.length >= CHECKSUM_BYTES) {
    const { offset, length } = certificateTable;
    const written = view.getUint32(offset, true);
    if (written + paddingAfter(written) === length) view.setUint32(offset, length, true);
  }
  image.fill(0, checksumAt, checksumAt + CHECKSUM_BYTES);
  view.setUint32(checksumAt, new Checksum().add(image).value(image.length), true);
  return image;
}
