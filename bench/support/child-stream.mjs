// Signs a file once, in a process of its own: `signStream`, and the most memory that this process ever had.
import { SignPath } from "../../dist/index.js";

const [options, path] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const client = new SignPath(options);
const policy = await client.policy();
const signature = await policy.signStream(path, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
await client.close();
const result = { bytes: signature.byteLength, maxRss: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(result));
