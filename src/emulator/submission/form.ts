import { SUBMISSION_FIELDS } from "../../wire/routes.js";
import { ARTIFACT_CONFIGURATION_SLUG } from "../catalogue.js";
import type { Part } from "../http/multipart.js";
import { MultipartError, parseMultipart } from "../http/multipart.js";
import { parseParameters } from "../http/parameters.js";
import { invalid, invalidFields, problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";

/** The form of a submission. */
export interface SubmissionForm {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly fast: boolean;
  readonly description: string | undefined;
  readonly artifact: Buffer;
}

const MULTIPART = "multipart/form-data";

/** Refuses a `Content-Type` that is not multipart, before the body is read. */
export function boundaryOf(contentType: string | undefined): string {
  const type = parseParameters(contentType ?? "");
  if (type?.value !== MULTIPART) {
    throw new Refusal(problem(415, `This route takes ${MULTIPART}, not '${contentType ?? ""}'.`));
  }
  const boundary = type.parameters.get("boundary");
  if (boundary === undefined) throw unreadable("Missing content-type boundary.");
  return boundary;
}

/**
 * Reads the form: fields in any case and any order, the artifact under any file name and type. Fields that
 * mean nothing here (parameters, origin) are passed over.
 *
 * @throws Refusal
 */
export function readForm(body: Buffer, boundary: string): SubmissionForm {
  const parts = split(body, boundary);
  const missing = new Map<string, string>();
  const required = (name: string, content: Buffer | undefined): Buffer => {
    if (content === undefined || content.length === 0) missing.set(name, `The ${name} field is required.`);
    return content ?? Buffer.alloc(0);
  };
  const fields = SUBMISSION_FIELDS;
  const projectSlug = required(fields.projectSlug, find(parts, fields.projectSlug)?.content);
  const signingPolicySlug = required(
    fields.signingPolicySlug,
    find(parts, fields.signingPolicySlug)?.content,
  );
  const artifact = required(fields.artifact, find(parts, fields.artifact, true)?.content);
  if (missing.size > 0) throw invalidFields(missing);
  const configuration = find(parts, "ArtifactConfigurationSlug")?.content.toString();
  if (configuration !== undefined && configuration !== ARTIFACT_CONFIGURATION_SLUG) {
    const message = `There is no artifact configuration with slug '${configuration}' in the project with slug '${projectSlug}'.`;
    throw invalid("ArtifactConfigurationSlug", message);
  }
  return {
    projectSlug: projectSlug.toString(),
    signingPolicySlug: signingPolicySlug.toString(),
    fast: isTrue(fields.isFastSigningRequest, find(parts, fields.isFastSigningRequest)?.content.toString()),
    description: find(parts, "Description")?.content.toString(),
    artifact,
  };
}

function split(body: Buffer, boundary: string): Part[] {
  try {
    return parseMultipart(body, boundary);
  } catch (error) {
    if (error instanceof MultipartError) throw unreadable(error.message);
    throw error;
  }
}

/** A field has no file name, a file has one. */
function find(parts: readonly Part[], name: string, file = false): Part | undefined {
  const lower = name.toLowerCase();
  const found = parts.filter(
    (part) => part.name.toLowerCase() === lower && (part.fileName !== undefined) === file,
  );
  if (found.length > 1) throw invalid(name, `The ${name} field was given more than once.`);
  return found[0];
}

function isTrue(name: string, value: string | undefined): boolean {
  const lower = value?.toLowerCase() ?? "false";
  if (lower !== "true" && lower !== "false") {
    throw invalid(name, `The value '${value}' is not valid for ${name}.`);
  }
  return lower === "true";
}

function unreadable(reason: string): Refusal {
  return invalid("", `Failed to read the request form. ${reason}`);
}
