import { stat } from "node:fs/promises";
import type { FoundSetting, Inspection } from "../../../config/inspection.js";
import type { SettingValues } from "../../../config/settings.js";
import { SETTINGS } from "../../../config/settings.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, warning } from "../finding.js";
import { unknownVariables } from "./unknown-variables.js";

const SECRET: ReadonlySet<string> = new Set(["apiToken", "tlsClientPassphrase"]);
const REQUIRED = ["organizationId", "apiToken"] as const;

/** Each setting that stands somewhere, and where; what is missing, malformed or means nothing. */
export async function checkSettings(context: Context): Promise<Finding[]> {
  const { settings, env } = context;
  const findings = [
    ...(isFirstRun(settings) ? [firstRun()] : []),
    ...(await configFile(settings)),
    ...REQUIRED.filter((name) => isMissing(name, settings)).map(missing),
    ...settings.found.map((found) => describeSetting(found, settings)),
    ...settings.defects.filter((defect) => isAlone(defect.setting, settings)).map(malformed),
  ];
  if (settings.found.every(({ setting }) => setting !== "apiUrl"))
    findings.push(
      ok(`ApiUrl is ${settings.apiUrl.href} (default)`, { setting: "ApiUrl", source: "default" }),
    );
  const unknown = [
    ...unknownVariables(env).map(({ name, meant }) => unknownSetting(`variable ${name}`, meant)),
    ...settings.unknownNames.map((name) => unknownSetting(`${name} in ${settings.file?.path}`, undefined)),
  ];
  return [...findings, ...unknown];
}

/** Nobody has set anything: where to begin is worth more than what is missing. */
function isFirstRun({ found, file }: Inspection): boolean {
  return (
    file === undefined && found.every(({ setting }) => setting !== "organizationId" && setting !== "apiToken")
  );
}

function firstRun(): Finding {
  return failure(
    "CONFIG_INVALID",
    "there is no account yet: SIGNPATH_ORGANIZATION_ID, SIGNPATH_API_TOKEN and, unless it is https://app.signpath.io/Api, SIGNPATH_API_URL are to be set",
    "signpath init writes a configuration file for an account; signpath emulator lends one for trying, and prints the three variables.",
  );
}

async function configFile({ file, defects }: Inspection): Promise<Finding[]> {
  if (file === undefined) return [];
  const defect = defects.find(({ setting }) => setting === "configFile");
  if (defect !== undefined) return [malformed(defect)];
  const details = { file: file.path };
  const mode = process.platform === "win32" ? 0 : (await stat(file.path)).mode & 0o044;
  if (file.holdsToken && mode !== 0)
    return [
      warning(
        "CONFIG_FILE_READABLE",
        `configuration file ${file.path} holds the API token, and other users of this machine may read it`,
        `Close it to them (chmod 600), or keep the token in SIGNPATH_API_TOKEN.`,
        details,
      ),
    ];
  return [ok(`configuration file ${file.path} is read`, details)];
}

function isMissing(name: keyof SettingValues, { found, defects }: Inspection): boolean {
  return defects.some(({ setting }) => setting === name) && found.every(({ setting }) => setting !== name);
}

function missing(name: (typeof REQUIRED)[number]): Finding {
  const [variable] = SETTINGS[name].variables;
  const entry = nameOf(name);
  const advice = `Set the variable ${variable?.name}, or ${entry} in a configuration file that SIGNPATH_CONFIG_FILE or --config names.`;
  return failure("CONFIG_INVALID", `${entry} is missing`, advice, { setting: entry, state: "missing" });
}

function describeSetting({ setting, source, place, value }: FoundSetting, { defects }: Inspection): Finding {
  const name = nameOf(setting);
  const isSecret = SECRET.has(setting);
  const state = value === undefined ? "set, malformed" : "set";
  const details = { setting: name, source, place, ...(isSecret && { state }) };
  const defect = defects.find((each) => each.setting === setting);
  if (defect !== undefined) {
    const found = isSecret && value === undefined ? `${name} is set, malformed: ${defect.said}` : defect.said;
    return failure("CONFIG_INVALID", found, "Correct it, or leave it out to have the default.", details);
  }
  const shown = isSecret ? "is set" : `is ${textOf(setting, value)}`;
  return ok(`${name} ${shown} (${place})`, { ...details, ...(!isSecret && { value: plain(value) }) });
}

/** Whether a defect is told of by no other finding. */
function isAlone(name: string, { found }: Inspection): boolean {
  const isOfFound = found.some(({ setting }) => setting === name);
  const isRequired = REQUIRED.some((each) => each === name);
  // Of the files for TLS the next stage but one tells.
  return !isOfFound && !isRequired && name !== "configFile" && name !== "tls";
}

function malformed({ said }: { readonly said: string }): Finding {
  return failure("CONFIG_INVALID", said, "Correct it, or leave it out to have the default.");
}

function unknownSetting(place: string, meant: string | undefined): Finding {
  const advice = meant === undefined ? "Look for a misspelling: it has no effect." : `Did you mean ${meant}?`;
  return warning("UNKNOWN_SETTING", `${place} means nothing here`, advice);
}

function nameOf(setting: keyof SettingValues): string {
  const { file, variables } = SETTINGS[setting];
  return file[0]?.name ?? variables[0]?.name ?? setting;
}

function textOf(setting: string, value: unknown): string {
  return `${plain(value)}${setting.endsWith("Ms") ? " ms" : ""}`;
}

function plain(value: unknown): string | number | boolean {
  return typeof value === "number" || typeof value === "boolean" ? value : String(value);
}
