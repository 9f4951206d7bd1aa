// Makes what package.json's `bin` names executable, as npm does when it installs them.
import { chmodSync, existsSync, readFileSync } from "node:fs";

const { bin } = JSON.parse(readFileSync("package.json", "utf8"));
for (const path of new Set(Object.values(bin))) if (existsSync(path)) chmodSync(path, 0o755);
