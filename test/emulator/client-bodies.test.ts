import { verify } from "node:crypto";
import { fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { Answer, RawPart } from "./support.js";
import {
  api,
  field,
  file,
  hashOf,
  MESSAGE,
  multipart,
  OIDS,
  rsaPayload,
  send,
  signatureOf,
  validationError,
} from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

function post(body: string | Buffer, contentType: string, path = "SigningRequests"): Promise<Answer> {
  const headers = { "Content-Type": contentType };
  return send(emulator, { method: "POST", path: api(emulator, path), headers, body });
}

async function expectSigned(answer: Answer): Promise<void> {
  expect(answer.text).toContain("Signature");
  const key = await emulator.publicKeyOf("rsa-2048");
  expect(verify("sha256", MESSAGE, key, signatureOf(answer))).toBe(true);
}

const PARTS: readonly RawPart[] = [
  field("ProjectSlug", "demo"),
  field("SigningPolicySlug", "rsa-2048"),
  field("IsFastSigningRequest", "true"),
  file(JSON.stringify(rsaPayload())),
];

describe("a submission is accepted", () => {
  it("byte for byte as jsign sends it", async () => {
    const boundary = "------------------------8f3a1c2b4d5e6f70";
    const payload = `{"SignatureAlgorithm":"RsaPkcs1","RsaHashAlgorithm":"${OIDS.sha256}","Base64EncodedHash":"${hashOf("sha256")}"}`;
    const body = [
      `--${boundary}`,
      'Content-Disposition: form-data; name="SigningPolicySlug"',
      "",
      "rsa-2048",
      `--${boundary}`,
      "Content-Type: application/octet-stream",
      'Content-Disposition: form-data; name="Artifact"; filename="Artifact.data"',
      "",
      payload,
      `--${boundary}`,
      'Content-Disposition: form-data; name="ProjectSlug"',
      "",
      "demo",
      `--${boundary}`,
      'Content-Disposition: form-data; name="IsFastSigningRequest"',
      "",
      "true",
      `--${boundary}--`,
    ].join("\r\n");
    const answer = await send(emulator, {
      method: "POST",
      path: `/API/v1/${emulator.organizationId}/SigningRequests`,
      headers: {
        "User-Agent": "Jsign (https://ebourg.github.io/jsign/)",
        "Content-Type": `multipart/form-data; boundary=${boundary}`,
        Accept: "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
      },
      body,
    });
    expect(answer.status).toBe(200);
    await expectSigned(answer);
  });

  it("as curl sends it", async () => {
    const boundary = "------------------------d74496d66958873e";
    const body = multipart(boundary, [
      field("ProjectSlug", "demo"),
      field("SigningPolicySlug", "rsa-2048"),
      field("IsFastSigningRequest", "true"),
      {
        headers: [
          'Content-Disposition: form-data; name="Artifact"; filename="payload.json"',
          "Content-Type: application/json",
        ],
        content: JSON.stringify(rsaPayload(), undefined, 2),
      },
    ]);
    await expectSigned(await post(body, `multipart/form-data; boundary=${boundary}`));
  });

  it("from the platform's own FormData and fetch", async () => {
    const form = new FormData();
    form.set("ProjectSlug", "demo");
    form.set("SigningPolicySlug", "rsa-2048");
    form.set("IsFastSigningRequest", "true");
    form.set(
      "Artifact",
      new Blob([JSON.stringify(rsaPayload())], { type: "application/json" }),
      "payload.json",
    );
    const response = await fetch(`${emulator.origin}${api(emulator, "SigningRequests")}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${emulator.apiToken}` },
      body: form,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty("Signature");
  });

  it("in chunks, without a length", async () => {
    async function* slowly(): AsyncGenerator<Uint8Array> {
      const body = multipart("b", PARTS);
      for (let at = 0; at < body.length; at += 100) yield body.subarray(at, at + 100);
    }
    const response = await undiciFetch(`${emulator.origin}${api(emulator, "SigningRequests")}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${emulator.apiToken}`,
        "Content-Type": "multipart/form-data; boundary=b",
      },
      body: slowly(),
      duplex: "half",
    });
    expect(response.status).toBe(200);
  });

  it.each<[string, readonly RawPart[]]>([
    ["with its parts in reverse", PARTS.toReversed()],
    [
      "with field names in camel case",
      PARTS.map(({ headers, content }) => ({
        headers: headers.map((line) => line.replace(/name="(.)/, (all) => all.toLowerCase())),
        content,
      })),
    ],
    [
      "with field names and header names in capitals",
      PARTS.map(({ headers, content }) => ({
        headers: headers.map((line) =>
          line.replace("name=", "NAME=").replace(/name="[^"]*"|^[^:]*/gi, upper),
        ),
        content,
      })),
    ],
    [
      "with unquoted parameters",
      PARTS.map(({ headers, content }) => ({
        headers: headers.map((line) => line.replaceAll('"', "")),
        content,
      })),
    ],
    [
      "with a type and a length on every part",
      PARTS.map(({ headers, content }) => ({
        headers: [
          ...headers.filter((line) => !/^Content-Type/.test(line)),
          "Content-Type: text/plain; charset=utf-8",
          `Content-Length: ${content.length}`,
        ],
        content,
      })),
    ],
    [
      "with an artifact of another name and type",
      [
        ...PARTS.slice(0, 3),
        {
          headers: [
            "Content-Type: application/octet-stream",
            `Content-Disposition: form-data; name="Artifact"; filename="a \\"b\\".bin"; filename*=UTF-8''x`,
          ],
          content: JSON.stringify(rsaPayload()),
        },
      ],
    ],
    [
      "with a payload that begins with a byte order mark",
      [...PARTS.slice(0, 3), file(`\ufeff${JSON.stringify(rsaPayload())}`)],
    ],
    [
      "with IsFastSigningRequest in another case",
      [...PARTS.slice(0, 2), field("IsFastSigningRequest", "True"), PARTS[3] ?? file("")],
    ],
    [
      "with fields that nobody knows",
      [...PARTS, field("parameters.version", "1"), field("Origin", "x"), field("Parameters[a]", "")],
    ],
  ])("%s", async (_how, parts) => {
    await expectSigned(await post(multipart("boundary", parts), "multipart/form-data; boundary=boundary"));
  });

  it.each([
    ["quoted", 'multipart/form-data; boundary="a b?c"', "a b?c"],
    [
      "with an equals sign, unquoted",
      "multipart/form-data; boundary=----=_Part_0_12.34",
      "----=_Part_0_12.34",
    ],
    ["in a header in another case", "Multipart/Form-Data; BOUNDARY=X", "X"],
    ["beside other parameters", "multipart/form-data; charset=utf-8; boundary=X;", "X"],
    ["of 70 characters", `multipart/form-data; boundary=${"x".repeat(70)}`, "x".repeat(70)],
  ])("with a boundary %s", async (_how, contentType, boundary) => {
    await expectSigned(await post(multipart(boundary, PARTS), contentType));
  });

  it.each([
    ["without a line after the last boundary", "--"],
    ["with padding after the last boundary", "-- \t \r\n"],
    ["with an epilogue", "--\r\nthe end, by a library\r\n"],
  ])("%s", async (_how, end) => {
    await expectSigned(await post(multipart("X", PARTS, end), "multipart/form-data; boundary=X"));
  });

  it("with a preamble", async () => {
    const body = Buffer.concat([Buffer.from("This is a multipart message.\r\n"), multipart("X", PARTS)]);
    await expectSigned(await post(body, "multipart/form-data; boundary=X"));
  });
});

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

function upper(text: string): string {
  return text.toUpperCase();
}
