import { CONNECTIONS } from "./rows/connections.js";
import { CONTENTS } from "./rows/contents.js";
import { POLICIES } from "./rows/policies.js";
import type { Row } from "./rows/row.js";
import { SIGNATURES } from "./rows/signatures.js";
import { STATUSES } from "./rows/statuses.js";
import { TIMES } from "./rows/times.js";

/** Every fault that a client can meet. */
export const ROWS: readonly Row[] = [
  ...TIMES,
  ...STATUSES,
  ...CONNECTIONS,
  ...CONTENTS,
  ...POLICIES,
  ...SIGNATURES,
];
