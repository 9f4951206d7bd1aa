import { describe, expect, it } from "vitest";
import { isSignPathError, messageOf, namedException, SignPathError } from "../../src/base/errors.js";

describe("a SignPathError", () => {
  it("has only the facts that there are", () => {
    const error = new SignPathError("FORBIDDEN", "no", { stage: "sign" });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "SignPathError", code: "FORBIDDEN", stage: "sign", message: "no" });
    expect(error).toMatchObject({ retryable: false, attempts: 0 });
    for (const fact of ["status", "signingRequestId", "traceId", "problem", "cause"]) {
      expect(Object.hasOwn(error, fact)).toBe(false);
    }
  });

  it("takes the trace id from the problem body", () => {
    const problem = { title: "Bad Request", status: 400, traceId: "00-1-2-00" };
    const cause = new Error("why");
    const error = new SignPathError("REQUEST_REJECTED", "no", {
      stage: "sign",
      status: 400,
      retryable: true,
      attempts: 3,
      signingRequestId: "id",
      problem,
      cause,
    });
    expect(error).toMatchObject({ traceId: "00-1-2-00", problem, cause, status: 400, attempts: 3 });
    expect(error.retryable).toBe(true);
    expect(error.signingRequestId).toBe("id");
  });

  it("is plain data as JSON, without its cause and its stack", () => {
    const error = new SignPathError("TIMEOUT", "slow", { stage: "policy", cause: new Error("hidden") });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "SignPathError",
      code: "TIMEOUT",
      stage: "policy",
      message: "slow",
      retryable: false,
      attempts: 0,
    });
  });

  it("is recognised, also where it comes from another copy of the package", () => {
    const copy = Object.assign(new Error("x"), { name: "SignPathError", code: "TIMEOUT", stage: "sign" });
    expect(isSignPathError(new SignPathError("TIMEOUT", "x", { stage: "sign" }))).toBe(true);
    expect(isSignPathError(copy)).toBe(true);
    expect(isSignPathError(new Error("x"))).toBe(false);
    expect(isSignPathError({ name: "SignPathError", code: "TIMEOUT", stage: "sign" })).toBe(false);
    expect(isSignPathError(undefined)).toBe(false);
  });
});

describe("the message of what was thrown", () => {
  it.each([
    [new Error("words"), "words"],
    [new RangeError(), "RangeError"],
    [new AggregateError([new Error("a"), new Error("b")]), "a; b"],
    [new AggregateError([new Error("a")], "both"), "both"],
    ["text", "text"],
    [undefined, "undefined"],
  ])("of %o is %j", (value, message) => {
    expect(messageOf(value)).toBe(message);
  });
});

describe("a named exception", () => {
  it("is a DOMException with a cause that a listing of its properties does not show", () => {
    const cause = new Error("why");
    const exception = namedException("NotSupportedError", "no", cause);
    expect(exception).toBeInstanceOf(DOMException);
    expect(exception).toMatchObject({ name: "NotSupportedError", message: "no", cause });
    expect(Object.keys(exception)).not.toContain("cause");
  });
});
