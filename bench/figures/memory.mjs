import { runModule } from "../support/processes.mjs";
import { figure, heading, mebibytes } from "../support/report.mjs";

/** Whether many signatures in one process leave anything behind. */
export async function memory(service, { signatures }) {
  const first = Math.min(5000, signatures / 4);
  heading(`Memory of one process that makes ${signatures} signatures (RSS), against itself after ${first}`);
  for (const kind of ["RSA-2048", "P-256"]) {
    const options = service.options(kind);
    const { rssAfterFirst, rssAtEnd } = await runModule("child-memory.mjs", options, kind, first, signatures);
    const ratio = rssAtEnd / rssAfterFirst;
    figure(`${kind}, verified`, {
      value: mebibytes(rssAtEnd),
      floor: mebibytes(rssAfterFirst),
      ratio: ratio.toFixed(2),
      target: "≤ 1.2",
      passed: ratio <= 1.2,
    });
  }
}
