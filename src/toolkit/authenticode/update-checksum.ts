import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { Checksum } from "./pe/checksum.js";
import { imageOf } from "./pe/image.js";
import { readLayout } from "./pe/layout.js";

const CHECKSUM_BYTES = 4;

/**
 * Counts the checksum in the headers of a PE image anew. resedit counts it before it puts its signature in, so that it is
 * wrong afterwards, and Windows does not load drivers with a wrong one. A signature does not cover it.
 *
 * @param executable - as `generateExecutableWithSign` of resedit gives it
 * @returns a copy with the right one
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no PE image
 * @throws {TypeError} for what is no bytes
 */
export async function updateChecksum(executable: Uint8Array | ArrayBuffer): Promise<Bytes> {
  if (!isBufferSource(executable)) throw new TypeError("an executable must be bytes");
  const image = exactCopy(viewOf(executable));
  const { checksumAt } = await readLayout(imageOf(image));
  image.fill(0, checksumAt, checksumAt + CHECKSUM_BYTES);
  const value = new Checksum().add(image).value(image.length);
  new DataView(image.buffer).setUint32(checksumAt, value, true);
  return image;
}
