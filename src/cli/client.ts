import { subscribe } from "node:diagnostics_channel";
import type { Command } from "commander";
import type { RequestEvent } from "../api/transport/telemetry.js";
import type { SigningPolicy } from "../policy/signing-policy.js";
import type { SignPath } from "../signpath.js";
import { describeCertificate, keyText } from "./certificates/certificate-text.js";
import { duration } from "./shell/duration.js";
import type { Output } from "./shell/output.js";
import { visible } from "./shell/output.js";
import type { OutputFlags, Session } from "./shell/session.js";

/** Options of each command that talks to SignPath. */
export interface ClientFlags extends OutputFlags {
  readonly config?: string;
}

/** Adds those options. The API token is none: command lines can be read by every user of a machine. */
export function addClientOptions(command: Command): Command {
  return command
    .option("--config <file>", "JSON configuration file; default: the one that SIGNPATH_CONFIG_FILE names")
    .option("--json", "one line of JSON per event on stdout, the last one a summary")
    .option("--verbose", "tell of each step")
    .option("--quiet", "tell of failures and warnings alone")
    .option("--no-color", "no colours; default: where stderr is a terminal, unless NO_COLOR is set");
}

/**
 * Gives a client to `work` and closes it. The client's module is loaded here.
 *
 * @param follow - listens to what the client does, from the beginning; by default retries are told of
 */
export async function withClient<T>(
  { output, interruption }: Session,
  flags: ClientFlags,
  work: (client: SignPath) => Promise<T>,
  follow: () => void = () => {
    subscribe("signpath:request", (message) => tellOfRequest(output, message as RequestEvent));
  },
): Promise<T> {
  const { SignPath } = await import("../signpath.js");
  follow();
  const client = new SignPath({ configFile: flags.config });
  if (output.verbose) (await import("./verbose.js")).tellSteps(output, flags.config);
  try {
    return await work(client);
  } finally {
    // A request that nobody waits for any more would keep it open.
    if (!interruption.signal.aborted) await client.close();
  }
}

/** Says that a request is to be tried again, and with `--verbose` how each attempt ended. */
export function tellOfRequest(output: Output, event: RequestEvent): void {
  if (event.type === "retry") {
    if (!output.quiet)
      output.talk(visible(`retrying ${event.what} in ${duration(event.delayMs)}: ${whatWasSaid(event)}`));
    const { what: request, attempt, code, delayMs } = event;
    output.event({ event: "retry", request, attempt, code, delayMs: Math.round(delayMs) });
  } else if (output.verbose && event.type === "queue") {
    output.talk(`${event.what}: waited ${duration(event.waitedMs)} for its turn`);
  } else if (output.verbose && (event.type === "answer" || event.type === "failure")) {
    const result = event.type === "answer" ? `status ${event.status}` : `failed, ${event.code}`;
    const attempt = event.attempt === 1 ? "" : `attempt ${event.attempt}, `;
    output.talk(`${event.what}: ${result} (${attempt}${duration(event.elapsedMs)})`);
  }
}

/** With `--verbose`, whose key signs. */
export function tellOfPolicy(output: Output, policy: SigningPolicy): void {
  if (!output.verbose || policy.defect !== undefined) return;
  const { subject, serialNumber, validTo, fingerprint } = describeCertificate(policy.certificateDer);
  output.talk(
    visible(`policy: ${policy.reference}, ${keyText(policy)}`),
    visible(
      `certificate: ${subject}, serial number ${serialNumber}, until ${validTo}, SHA-256 ${fingerprint}`,
    ),
  );
}

/** The message up to where it repeats which request it was and what to do if there were no other attempt. */
function whatWasSaid({ message, what }: RequestEvent & { type: "retry" }): string {
  return message.split(` (${what},`, 1)[0] ?? message;
}
