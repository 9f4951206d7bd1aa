const WATCHED: readonly [string, object][] = [
  ["Object", Object.prototype],
  ["Array", Array.prototype],
  ["Function", Function.prototype],
  ["String", String.prototype],
  ["Map", Map.prototype],
  ["Error", Error.prototype],
  ["Uint8Array", Uint8Array.prototype],
];

const before: readonly ReadonlyMap<PropertyKey, PropertyDescriptor | undefined>[] = WATCHED.map(
  ([, prototype]) =>
    new Map(
      Reflect.ownKeys(prototype).map((name) => [name, Reflect.getOwnPropertyDescriptor(prototype, name)]),
    ),
);

/** What has changed in a prototype of the language since the file was loaded; `undefined` where nothing has. */
export function pollution(): string | undefined {
  for (const [index, [name, prototype]] of WATCHED.entries()) {
    const known = before[index];
    if (Reflect.ownKeys(prototype).length !== known?.size) return `${name}.prototype has other members`;
  }
  // The one that everything inherits from is looked at closely.
  for (const [name, descriptor] of before[0] ?? []) {
    const now = Reflect.getOwnPropertyDescriptor(Object.prototype, name);
    if (now?.value !== descriptor?.value || now?.get !== descriptor?.get || now?.set !== descriptor?.set)
      return `Object.prototype.${String(name)} is another one`;
  }
  return undefined;
}
