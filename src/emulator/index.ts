export type { CurveName, EmulatorPolicy } from "./catalogue.js";
export { type Emulator, startEmulator } from "./emulator.js";
export type {
  Fault,
  FaultBody,
  FaultKind,
  FaultScope,
  Pkcs1Mistake,
  PssMistake,
  SignatureEncoding,
  TimestampFault,
  TlsFailure,
} from "./faults/fault.js";
export type { LoggedRequest } from "./http/log.js";
export type { RateLimit, RateLimitCounts } from "./http/rate-limit.js";
export type { RouteName } from "./http/router.js";
export type { EmulatorOptions } from "./options.js";
export type { AuditEntry } from "./submission/ledger.js";
