import * as pkijs from "pkijs";
import * as pkijs3 from "pkijs-3";
import { describe, expectTypeOf, it } from "vitest";
import { createEngine, policyCertificate } from "../../src/toolkit/pkijs.js";

/** What both functions give for a module; compared by the type checker, never called. */
function typesOf() {
  return {
    engine: createEngine(),
    engine4: createEngine(pkijs),
    engine3: createEngine(pkijs3),
    certificate: policyCertificate(undefined as never),
    certificate4: policyCertificate(undefined as never, pkijs),
    certificate3: policyCertificate(undefined as never, pkijs3),
  };
}
type Types = ReturnType<typeof typesOf>;

describe("the types of the pkijs adapter", () => {
  it("give the engine of the module that was given, or of pkijs 4", () => {
    expectTypeOf<Types["engine"]>().toEqualTypeOf<pkijs.CryptoEngine>();
    expectTypeOf<Types["engine4"]>().toEqualTypeOf<pkijs.CryptoEngine>();
    expectTypeOf<Types["engine3"]>().toEqualTypeOf<pkijs3.CryptoEngine>();
  });

  it("give the certificate of the module that was given, or of pkijs 4", () => {
    expectTypeOf<Types["certificate"]>().toEqualTypeOf<pkijs.Certificate>();
    expectTypeOf<Types["certificate4"]>().toEqualTypeOf<pkijs.Certificate>();
    expectTypeOf<Types["certificate3"]>().toEqualTypeOf<pkijs3.Certificate>();
  });

  it("let an engine be passed to the calls that sign of its own module", () => {
    expectTypeOf<Types["engine3"]>().toExtend<pkijs3.ICryptoEngine>();
    expectTypeOf<Types["engine4"]>().toExtend<pkijs.ICryptoEngine>();
  });

  it("refuse a module that is not pkijs", () => {
    // @ts-expect-error there is no CryptoEngine in it
    expectTypeOf(createEngine).toBeCallableWith({ Certificate: pkijs.Certificate });
  });
});
