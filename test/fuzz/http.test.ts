import { connect } from "node:net";
import fc from "fast-check";
import { field, file, multipart, rsaPayload } from "../emulator/support.js";
import { useEmulator } from "../support/emulator.js";
import { HOSTILE_NAMES, spoiltBytes, spoiltJson, spoiltText } from "./arbitraries.js";
import { fuzzAsync } from "./harness.js";

const TOKEN = "AIk/fuzz+token=";
const emulator = useEmulator({ apiToken: TOKEN });
const ID = "de300000-0000-4000-8000-000000000000";
const BOUNDARY = "signpath-0123456789abcdef";

function head(method: string, route: string, more: readonly string[]): string {
  const lines = ["Host: 127.0.0.1", `Authorization: Bearer ${TOKEN}`, "Connection: close", ...more];
  return `${method} /Api/v1/${ID}/${route} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

function post(route: string, type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const headers = [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`];
  return Buffer.concat([Buffer.from(head("POST", route, headers)), bytes]);
}

const form = multipart(BOUNDARY, [
  field("ProjectSlug", "demo"),
  field("SigningPolicySlug", "rsa-2048"),
  field("IsFastSigningRequest", "true"),
  file(JSON.stringify(rsaPayload())),
]);
const type = `multipart/form-data; boundary=${BOUNDARY}`;
const body = {
  projectSlug: "demo",
  signingPolicySlug: "rsa-2048",
  hashSigningData: {
    hash: rsaPayload()["Base64EncodedHash"],
    signatureAlgorithm: "Rsa",
    rsaOptions: { hashAlgorithmName: "Sha256" },
  },
};

const requests = fc.oneof(
  spoiltBytes([form]).map((spoilt) => post("SigningRequests", type, spoilt)),
  spoiltJson(body).map((text) => post("SigningRequests/SignHash", "application/json", text)),
  fc
    .constantFrom(...HOSTILE_NAMES)
    .map((name) =>
      Buffer.from(
        head(
          "GET",
          `Cryptoki/MySigningPolicies?projectSlug=${encodeURIComponent(Buffer.from(name).toString())}`,
          [],
        ),
      ),
    ),
  spoiltText(
    fc.constantFrom(
      head("GET", "Cryptoki/MySigningPolicies", []),
      head("GET", `SigningRequests/${ID}/Status`, []),
      head("POST", "SigningRequests", [`Content-Type: ${type}`, "Transfer-Encoding: chunked"]) +
        "5\r\nhello\r\n0\r\n\r\n",
    ),
    "HTTP/1.1",
    "\r\n\r\n",
    "\r\nContent-Length: 5",
    "\r\nTransfer-Encoding: chunked",
    "\u0000",
    "%00",
    "/../",
  ).map((text) => Buffer.from(text, "latin1")),
);

/** Everything that comes back until the connection ends; the client ends its side at once. */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const { port } = new URL(emulator().origin);
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), "127.0.0.1", () => socket.end(bytes));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A reset is an answer, too: the request was none.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

fuzzAsync("http", "the emulator answers any bytes, never with a 500, and goes on", {
  inputs: requests,
  check: async (bytes) => {
    const answer = await exchange(bytes);
    if (answer !== "" && !/^HTTP\/1\.1 [2-4]\d\d /.test(answer)) throw new Error(answer.slice(0, 500));
    if (answer.includes(TOKEN)) throw new Error("the token is in the answer");
    const after = await exchange(Buffer.from(head("GET", "Cryptoki/MySigningPolicies?projectSlug=none", [])));
    if (!after.startsWith("HTTP/1.1 200 ")) throw new Error(`afterwards: ${after.slice(0, 200)}`);
  },
});
