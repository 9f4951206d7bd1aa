import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer, RawPart } from "./support.js";
import { api, field, file, multipart, rsaPayload, send, validationError } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
});
afterAll(() => emulator.close());

function post(body: string | Buffer, contentType: string, path = "SigningRequests"): Promise<Answer> {
  const headers = { "Content-Type": contentType };
  return send(emulator, { method: "POST", path: api(emulator, path), headers, body });
}

const PARTS: readonly RawPart[] = [
  field("ProjectSlug", "demo"),
  field("SigningPolicySlug", "rsa-2048"),
  field("IsFastSigningRequest", "true"),
  file(JSON.stringify(rsaPayload())),
];

describe("a submission is refused", () => {
  const type = "multipart/form-data; boundary=X";
  const valid = multipart("X", PARTS).toString();

  it.each([
    ["with an empty body", "", "The boundary of the header does not occur."],
    [
      "with another boundary than its header's",
      multipart("Y", PARTS),
      "The boundary of the header does not occur.",
    ],
    ["without its last boundary", valid.slice(0, -7), "The last boundary is missing."],
    [
      "with a boundary that goes on",
      valid.replace("--X\r\n", "--XY\r\n"),
      "A boundary is not followed by a new line.",
    ],
    ["with bare line feeds", valid.replaceAll("\r\n", "\n"), "A boundary is not followed by a new line."],
    [
      "with something after its last boundary",
      `${valid.slice(0, -2)}x`,
      "A boundary is not followed by a new line.",
    ],
    ["with a part without headers", "--X\r\n\r\nx\r\n--X--", "The headers of a part do not end."],
    ["with a header without a colon", "--X\r\nnothing\r\n\r\nx\r\n--X--", "A part has a malformed header."],
    [
      "with a folded header",
      "--X\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n--X--",
      "A part has a malformed Content-Disposition.",
    ],
    [
      "with a part without a disposition",
      "--X\r\nA: b\r\n\r\nx\r\n--X--",
      "A part has no Content-Disposition.",
    ],
    [
      "with a part without a name",
      "--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--",
      "A part has a malformed Content-Disposition.",
    ],
    [
      "with a part that is an attachment",
      "--X\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--X--",
      "A part has a malformed Content-Disposition.",
    ],
    [
      "with two dispositions on a part",
      "--X\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--X--",
      "A part has a malformed Content-Disposition.",
    ],
    [
      "with too many parts",
      multipart(
        "X",
        Array.from({ length: 101 }, () => field("a", "b")),
      ),
      "There are more than 100 parts.",
    ],
    [
      "with endless headers",
      `--X\r\nA: ${"a".repeat(9000)}\r\n\r\nx\r\n--X--`,
      "The headers of a part do not end.",
    ],
  ])("%s", async (_how, body, message) => {
    const answer = await post(body, type);
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(`: Failed to read the request form. ${message}`);
  });

  it("without a boundary in its header", async () => {
    const answer = await post(valid, "multipart/form-data");
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(": Failed to read the request form. Missing content-type boundary.");
  });

  it("with a boundary that is not allowed", async () => {
    const answer = await post(valid, `multipart/form-data; boundary=${"x".repeat(71)}`);
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(": Failed to read the request form. The boundary is invalid.");
  });

  it.each([
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/mixed; boundary=X",
    "",
    "; boundary=X",
  ])("with 415 as '%s'", async (contentType) => {
    const answer = await post(valid, contentType);
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({ title: "Unsupported Media Type", status: 415 });
  });

  it("with 415 without a content type", async () => {
    const answer = await send(emulator, {
      method: "POST",
      path: api(emulator, "SigningRequests"),
      body: valid,
    });
    expect(answer.status).toBe(415);
  });
});
