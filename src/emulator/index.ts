export type {
  OrganizationOptions,
  PolicyList,
  TokenStatus,
  UserKind,
  UserOptions,
} from "./accounts/options.js";
export type { CurveName, EmulatorPolicy } from "./catalogue.js";
export type { Emulator, EmulatorOrganization, EmulatorUser } from "./emulator.js";
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
export type { LedgerChange } from "./ledger/changes.js";
export type { AuditEntry, AuditResult, Build, Decision, LogEntry, RefusedEntry } from "./ledger/entry.js";
export type { WireExchange, WireMessage } from "./ledger/exchanges.js";
export type { DecisionNote } from "./ledger/ledger.js";
export type { AuditLogPage, AuditLogQuery } from "./ledger/query.js";
export type { EmulatorOptions } from "./options.js";
export { startEmulator } from "./start.js";
export type { StateFound } from "./state/state.js";
