// Signs a file as CMS once, in a process of its own: detached, or attached and streamed to another file.
import { writeFile } from "node:fs/promises";
import { signCms, signCmsStream } from "../../dist/cms/index.js";
import { SignPath } from "../../dist/index.js";

const [options, path, output, detached] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const client = new SignPath(options);
const policy = await client.policy("demo/rsa-2048");
const signed = detached
  ? await signCms(path, { policy })
  : signCmsStream(path, { policy, detached: false, encoding: "ber" });
await writeFile(output, signed);
await client.close();
