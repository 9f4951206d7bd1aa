import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failureOf, ok } from "../finding.js";
import type { ServiceAnswer } from "../probes/service.js";

/** Whether what answered is SignPath, and in service; what it thinks of us is for the next stages. */
export async function checkService({ service, settings }: Context): Promise<Finding[]> {
  const answer = await service();
  const { host } = settings.apiUrl;
  if (answer.error === undefined || isAboutUs(answer))
    return [ok(`${host} answers with status ${answer.status}`, { status: answer.status })];
  return [failureOf(answer.error, { status: answer.status })];
}

/** Whether the service answered, and refused the token or the organization. */
export function isAboutUs({ error }: ServiceAnswer): boolean {
  return error?.status !== undefined && [400, 401, 403, 404].includes(error.status);
}
