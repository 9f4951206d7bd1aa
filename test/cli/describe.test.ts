import { describe, expect, test, vi } from "vitest";
import { namedException, SignPathError } from "../../src/base/errors.js";
import { CliError, unreadable } from "../../src/cli/errors/cli-error.js";
import { describe as describeError } from "../../src/cli/errors/describe.js";
import { table } from "../../src/cli/shell/table.js";

const failure = new SignPathError(
  "FORBIDDEN",
  "SignPath answered with status 403: No. (fast signing request, POST to host, 12 ms) The token's user must be a submitter of the signing policy.",
  { stage: "sign", status: 403, signingRequestId: "7c", problem: { traceId: "00-ab" } },
);

describe("an error is shown as", () => {
  test("what and where, what to do, and what support asks for", () => {
    expect(describeError(failure, "setup.msi").lines).toEqual([
      "setup.msi was not signed: SignPath answered with status 403: No. (fast signing request, POST to host, 12 ms)",
      "  The token's user must be a submitter of the signing policy.",
      "  FORBIDDEN, signing request 7c, trace id 00-ab",
    ]);
  });

  test("the error behind the exception that subtle throws", () => {
    const exception = namedException("NotSupportedError", "no", failure);
    expect(describeError(exception)).toMatchObject({ code: "FORBIDDEN", exitCode: 2, json: { status: 403 } });
  });

  test("a defect, if nobody here has foreseen it", () => {
    const { code, exitCode, lines } = describeError(new RangeError("oops"), "data");
    expect([code, exitCode, lines[0]]).toEqual(["UNEXPECTED", 3, "data was not signed: oops"]);
    expect(describeError("text").lines[0]).toBe("text");
    expect(describeError(undefined).exitCode).toBe(3);
  });

  test("text that cannot move the cursor", () => {
    const { lines } = describeError(unreadable("a\u001b[1A\u202eb", new Error("no")));
    expect(lines[0]).toBe("a\\u{1b}[1A\\u{202e}b cannot be read: no");
  });

  test("text without the token, should it ever be in it", () => {
    vi.stubEnv("SIGNPATH_API_TOKEN", "a-long-secret-token");
    vi.stubEnv("SIGNPATH_DEBUG", "1");
    const error = new CliError("UNEXPECTED", "sent a-long-secret-token", {
      cause: new Error("a-long-secret-token"),
    });
    expect(JSON.stringify(describeError(error))).not.toContain("a-long-secret-token");
    expect(describeError(error).lines.join("\n")).toContain("caused by Error: ***");
  });

  test("a chain of causes that ends in itself", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeError(error).code).toBe("UNEXPECTED");
  });
});

test("a table pads each column to its widest cell and ends no line in blanks", () => {
  expect(
    table([
      ["A", "B"],
      ["long", ""],
      ["x", "y"],
    ]),
  ).toBe("A     B\nlong\nx     y\n");
});
