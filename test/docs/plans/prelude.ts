/** What snippets take for granted that go on from one before them. */
export const POLICY = `const signpath = new (await import("signpath-webcrypto")).SignPath();
  const policy = await signpath.policy("demo/rsa-2048");`;

/** The certificates of a reader, and what is signed. */
export const FILES = `const fs = await import("node:fs");
  const intermediatesPem = fs.readFileSync("issuers.pem", "utf8");
  const rootPem = fs.readFileSync("root.pem", "utf8");
  const rootsOfTheAuthoritiesPem = rootPem;
  const data = Buffer.from("data");`;

export const CLOSE = "await signpath.close();";
