import { checkCertificate } from "./checks/certificate.js";
import { checkChain } from "./checks/chain.js";
import { checkClock } from "./checks/clock.js";
import { checkConnection } from "./checks/connection.js";
import { checkDns } from "./checks/dns.js";
import { checkKey } from "./checks/key.js";
import { checkNode } from "./checks/node.js";
import { checkOrganization } from "./checks/organization.js";
import { checkPeers } from "./checks/peers.js";
import { checkPolicies } from "./checks/policies.js";
import { checkProxy } from "./checks/proxy.js";
import { checkService } from "./checks/service.js";
import { checkSettings } from "./checks/settings.js";
import { checkTimestamp } from "./checks/timestamp.js";
import { checkTls } from "./checks/tls.js";
import { checkTlsSettings } from "./checks/tls-settings.js";
import { checkToken } from "./checks/token.js";
import type { Context } from "./context.js";
import type { Finding } from "./finding.js";

export type StageName =
  | "settings"
  | "node"
  | "toolkits"
  | "tls-settings"
  | "dns"
  | "proxy"
  | "connection"
  | "tls"
  | "service"
  | "clock"
  | "token"
  | "organization"
  | "policies"
  | "certificate"
  | "key"
  | "chain"
  | "timestamp";

/** What a stage cannot do without: an earlier stage, or settings that can be read. */
export type Need = StageName | "network" | "address" | "account";

/** One step of the diagnosis. */
export interface Stage {
  readonly name: StageName;
  readonly needs: readonly Need[];
  /** Whether it waits for others, so that people want to know how long. */
  readonly isTimed?: true;
  readonly check: (context: Context) => readonly Finding[] | Promise<readonly Finding[]>;
}

/** All of them, in their order: each one stands on what those before have found. */
export const STAGES: readonly Stage[] = Object.freeze<Stage[]>([
  { name: "settings", needs: [], check: checkSettings },
  { name: "node", needs: [], check: checkNode },
  { name: "toolkits", needs: [], check: checkPeers },
  { name: "tls-settings", needs: [], check: checkTlsSettings },
  { name: "dns", needs: ["network", "address"], isTimed: true, check: checkDns },
  { name: "proxy", needs: ["dns"], isTimed: true, check: checkProxy },
  { name: "connection", needs: ["proxy"], isTimed: true, check: checkConnection },
  { name: "tls", needs: ["connection"], isTimed: true, check: checkTls },
  { name: "service", needs: ["account", "tls"], isTimed: true, check: checkService },
  { name: "clock", needs: ["account", "tls"], check: checkClock },
  { name: "token", needs: ["service"], check: checkToken },
  { name: "organization", needs: ["token"], check: checkOrganization },
  { name: "policies", needs: ["organization"], check: checkPolicies },
  { name: "certificate", needs: ["policies"], check: checkCertificate },
  { name: "key", needs: ["policies"], check: checkKey },
  { name: "chain", needs: ["policies"], check: checkChain },
  { name: "timestamp", needs: ["network"], isTimed: true, check: checkTimestamp },
]);
