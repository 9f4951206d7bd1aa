import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failureOf, ok } from "../finding.js";

const ADVICE: ReadonlyMap<number | undefined, string> = new Map([
  [
    403,
    "Check that the token's user belongs to the organization (SIGNPATH_ORGANIZATION_ID) and is a submitter in it.",
  ],
  [
    404,
    "Check the organization's id (SIGNPATH_ORGANIZATION_ID), and that ApiUrl ends where the API begins (/Api).",
  ],
]);

/** Whether the organization is there, and is the token's. */
export async function checkOrganization({ service, settings }: Context): Promise<Finding[]> {
  const { error } = await service();
  const { organizationId } = settings.config;
  const details = { organizationId };
  if (error === undefined) return [ok(`organization ${organizationId} is the token's`, details)];
  const finding = failureOf(error, details);
  return [{ ...finding, advice: ADVICE.get(error.status) ?? finding.advice }];
}
