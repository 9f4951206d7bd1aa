import { building } from "./chains/building.js";
import { extensions, names, signatures, validity } from "./chains/certificates.js";
import { basic, policy, rollover } from "./chains/constraints.js";
import { nameConstraints } from "./chains/names.js";
import { revocation } from "./chains/revocation.js";
import type { Chain } from "./chains/shape.js";
import { usage } from "./chains/usage.js";

export type { Chain } from "./chains/shape.js";

export const CHAINS: readonly Chain[] = [
  ...signatures,
  ...validity,
  ...names,
  ...rollover,
  ...basic,
  ...usage,
  ...policy,
  ...nameConstraints,
  ...extensions,
  ...building,
  ...revocation,
];
