import { verify } from "node:crypto";
import { fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
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
} from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
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

function upper(text: string): string {
  return text.toUpperCase();
}
