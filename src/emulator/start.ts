import type { AccountRecord } from "./accounts/account-file.js";
import { openAccounts } from "./accounts/account-file.js";
import type { Organization } from "./accounts/accounts.js";
import { Accounts } from "./accounts/accounts.js";
import { Submitters } from "./accounts/submitters.js";
import { requirePolicy } from "./catalogue.js";
import type { Emulator } from "./emulator.js";
import { FaultBook } from "./faults/fault-book.js";
import { listenerOf } from "./http/dispatch.js";
import { RequestLog } from "./http/log.js";
import { RateLimiter } from "./http/rate-limit.js";
import { listen } from "./http/server.js";
import type { TlsServers } from "./http/tls.js";
import type { Authority } from "./keys/authority.js";
import { openAuthority } from "./keys/authority.js";
import { KeyRing } from "./keys/key-ring.js";
import { serverIdentity, wrongServerIdentity } from "./keys/server-identity.js";
import type { Store } from "./keys/store.js";
import { MEMORY, openDirectory } from "./keys/store.js";
import { Exchanges } from "./ledger/exchanges.js";
import { Ledger } from "./ledger/ledger.js";
import type { EmulatorOptions } from "./options.js";
import { settingsOf } from "./options.js";
import { Live } from "./pages/live.js";
import { Session } from "./pages/session.js";
import { seededRandom } from "./random.js";
import { HANDLERS } from "./routes/handlers.js";
import { RunningEmulator } from "./running.js";
import type { Service } from "./service.js";
import { openState } from "./state/state.js";
import { TimestampIdentities } from "./timestamp/identities.js";

/**
 * Starts an emulator of SignPath's hash signing API on a loopback address, with keys and a certification
 * authority of its own.
 *
 * @param options where to listen, who may use it, what to keep, what to get wrong
 * @returns the running emulator; it holds the process until it is closed
 * @throws TypeError where an option is malformed
 * @example
 * ```ts
 * const emulator = await startEmulator();
 * Object.assign(process.env, emulator.environment);
 * // ... a client signs with "demo/rsa-2048" ...
 * await emulator.close();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settingsOf(options);
  const random = settings.seed === undefined ? Math.random : seededRandom(settings.seed);
  const faults = new FaultBook(random, settings.tls);
  for (const fault of settings.faults) faults.add(fault);
  const limiter = new RateLimiter();
  limiter.set(settings.rateLimit);
  const store = settings.state === undefined ? MEMORY : await openDirectory(settings.state);
  const records = await openAccounts(store, settings);
  const authority = await openAuthority(store);
  const ledger = new Ledger({ ...settings, capacity: settings.auditLogCapacity });
  const accounts = new Accounts(
    records.map((record, place) => organizationOf(record, place, { store, authority, ledger })),
  );
  const submitters = new Submitters(settings.state === undefined ? undefined : store, accounts);
  const state = settings.state === undefined ? undefined : await openState(settings.state, ledger);
  try {
    const tls = settings.tls ? await tlsServers(authority, settings.host, faults) : undefined;
    const http = await listen(settings.host, settings.port, tls);
    const blackOut = (text: string): string => accounts.blackOut(text);
    const service: Service = {
      origin: http.origin,
      accounts,
      foreignOrganizationStatus: settings.foreignOrganizationStatus,
      rootCertificate: authority.rootCertificate,
      intermediateCertificate: authority.intermediateCertificate,
      timestamps: new TimestampIdentities(store, authority),
      ledger,
      exchanges: new Exchanges(blackOut),
      log: new RequestLog(blackOut),
      faults,
      limiter,
      session: new Session(http.origin),
      live: new Live((listener) => ledger.onChange(listener)),
      setSubmitter: (slug, submitter, userName) =>
        submitters.set(requirePolicy(slug).slug, submitter, userName),
      refuseConnections: (ms) => http.refuse(ms),
    };
    http.answer(listenerOf(service, HANDLERS));
    const settle = async (): Promise<void> => {
      ledger.close();
      await submitters.settled();
      await state?.close();
    };
    return new RunningEmulator(service, http, state?.found, settle);
  } catch (error) {
    await state?.close();
    throw error;
  }
}

interface Grounds {
  readonly store: Store;
  readonly authority: Authority;
  readonly ledger: Ledger;
}

/** The keys of the first organization have the names that they had when there was only one. */
function organizationOf(
  { organizationId, name, users }: AccountRecord,
  place: number,
  { store, authority, ledger }: Grounds,
): Organization {
  const prefix = place === 0 ? "" : `${organizationId.toLowerCase()}-`;
  return {
    id: organizationId,
    name,
    users: users.map((user) => ({
      ...user,
      submitter: new Set(user.submitter),
      approver: new Set(user.approver),
    })),
    keys: new KeyRing(store, authority, {
      prefix,
      organizationName: name,
      needsKey: (keyId) => ledger.needsKey(keyId),
    }),
  };
}

async function tlsServers(authority: Authority, host: string, faults: FaultBook): Promise<TlsServers> {
  return {
    identity: await serverIdentity(authority, host),
    wrongIdentity: (what) => wrongServerIdentity(authority, host, what),
    nextFailure: () => faults.meetConnection(),
  };
}
