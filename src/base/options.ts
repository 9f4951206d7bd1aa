/**
 * What has no types may give anything for options, or leave them out.
 *
 * @throws {TypeError} for what is no object
 */
export function requireOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) throw new TypeError("the options must be an object");
}

/** @throws {TypeError} for what cannot be gone through */
export function requireList(name: string, list: unknown): void {
  if (!(Symbol.iterator in Object(list))) throw new TypeError(`${name} must be a list`);
}
