// Known vulnerabilities of the production tree, of any severity: `node .ci/audit.mjs` names them. A registry that cannot
// be asked is no failure of the package, but it is said.
import { spawnSync } from "node:child_process";

const { stdout, stderr } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });
const report = parse(stdout);

if (report?.metadata?.vulnerabilities !== undefined) {
  const found = Object.values(report.vulnerabilities);
  for (const { name, severity, range } of found) console.error(`audit: ${name} ${range}: ${severity}`);
  const { total } = report.metadata.vulnerabilities;
  console.log(`audit: ${total} vulnerabilities in the production tree`);
  if (total > 0) process.exitCode = 1;
} else if (report?.message !== undefined) {
  console.log(`audit: not reachable, nothing was checked (${report.message})`);
} else {
  console.error(`audit: could not be done: ${report?.error?.summary ?? stderr}`);
  process.exitCode = 1;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
