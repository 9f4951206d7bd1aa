import { describe, expect, it } from "vitest";
import type { PolicyReference } from "../../src/policy/reference.js";
import { resolveReference } from "../../src/policy/reference.js";
import { codedThrownBy } from "../support/failure.js";

const none = { projectSlug: undefined, signingPolicySlug: undefined };
const defaults = { projectSlug: "p", signingPolicySlug: "s" };

describe("a reference to a signing policy", () => {
  it("is both slugs with a slash between them", () => {
    expect(resolveReference("a/b", defaults)).toEqual({ projectSlug: "a", signingPolicySlug: "b" });
  });

  it("is an object with both slugs, either of which may be the default", () => {
    expect(resolveReference({ projectSlug: "a", signingPolicySlug: "b" }, none)).toEqual({
      projectSlug: "a",
      signingPolicySlug: "b",
    });
    expect(resolveReference({ projectSlug: "a" }, defaults)).toEqual({
      projectSlug: "a",
      signingPolicySlug: "s",
    });
    expect(resolveReference({ signingPolicySlug: "b" }, defaults)).toEqual({
      projectSlug: "p",
      signingPolicySlug: "b",
    });
    expect(resolveReference({}, defaults)).toEqual(defaults);
  });

  it("is the default where it is left out", () => {
    expect(resolveReference(undefined, defaults)).toEqual(defaults);
  });

  it.each<[unknown, RegExp]>([
    ["", /"" is no signing policy: it must have the form project\/policy/],
    ["a", /must have the form/],
    ["/", /must have the form/],
    ["a/", /must have the form/],
    ["/b", /must have the form/],
    ["a/b/c", /must have the form/],
    ["x".repeat(1000), /^"x{200}" is no/],
    [null, /is named by "project\/policy" or \{ projectSlug, signingPolicySlug \}/],
    [5, /is named by/],
    [{ projectSlug: "a" }, /set option signingPolicySlug or SIGNPATH_SIGNING_POLICY_SLUG/],
    [{ signingPolicySlug: "b" }, /set option projectSlug or SIGNPATH_PROJECT_SLUG/],
    [{ projectSlug: "", signingPolicySlug: "b" }, /no signing policy is named/],
    [{ projectSlug: " ", signingPolicySlug: "b" }, /no signing policy is named/],
    [{ projectSlug: 5, signingPolicySlug: "b" }, /no signing policy is named/],
    [undefined, /no signing policy is named: give "project\/policy"/],
  ])("is refused as %j", (reference, message) => {
    const error = codedThrownBy(() => resolveReference(reference as PolicyReference, none));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", stage: "config", attempts: 0 });
    expect(error.message).toMatch(message);
  });
});
