// Makes many signatures in a process of its own and tells how much memory it has after the first ones and at the end.
import { SignPath, subtle } from "../../dist/index.js";
import { ALGORITHMS, MESSAGE } from "./service.mjs";

const [options, kind, first, all] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const client = new SignPath(options);
const key = (await client.policy()).privateKey(ALGORITHMS[kind]);

let made = 0;
async function signUntil(count) {
  const lane = async () => {
    while (made++ < count) await subtle.sign(key.algorithm, key, MESSAGE);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
  made = count;
  return process.memoryUsage.rss();
}

const rssAfterFirst = await signUntil(first);
const rssAtEnd = await signUntil(all);
await client.close();
process.stdout.write(JSON.stringify({ rssAfterFirst, rssAtEnd }));
