import { mostSimilar } from "../../../base/similar.js";
import { SETTINGS } from "../../../config/settings.js";

/** What means something beside the settings: here, in the plugins, or to SignPath's crypto providers alone. */
const OTHERS = [
  "SIGNPATH_CONFIG_FILE",
  "SIGNPATH_CERTIFICATES",
  "SIGNPATH_TIMESTAMP_URLS",
  "SIGNPATH_DEBUG",
  "SIGNPATH_GIT_HASH",
  "SIGNPATH_GIT_PADDING",
  "SIGNPATH_GIT_ROOTS",
  "SIGNPATH_GIT_TIMESTAMP_ROOTS",
  "SIGNPATH_GIT_VERIFIER",
  "SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS",
];
const OF_PROVIDERS = /^SIGNPATH_(?:LOG|CRYPTOKI)_/;

/** Variables whose names begin as ours do and that nothing reads, with the name that may have been meant. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly meant: string | undefined }[] {
  const known = [
    ...Object.values(SETTINGS).flatMap(({ variables }) => variables.map(({ name }) => name)),
    ...OTHERS,
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith("SIGNPATH_") && !known.includes(name) && !OF_PROVIDERS.test(name))
    .sort()
    .map((name) => ({ name, meant: mostSimilar(name, known) }));
}
