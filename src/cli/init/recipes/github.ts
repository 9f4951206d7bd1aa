import type { Recipe, RecipeFacts } from "./recipe.js";
import {
  FOLDER,
  heading,
  INSTALL,
  indented,
  NODE_MAJOR,
  signCommands,
  TIMEOUT_MINUTES,
  verificationNeedsToken,
  verifyCommands,
  yamlCommands,
  yamlVariables,
} from "./recipe.js";

/** By their commits: a tag can be moved. */
const CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0";
const SETUP_NODE = "actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0";
const UPLOAD = "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0";
const CACHE = ["9255dc7a253b0ccc959486e2bca901246202afeb", "v5.0.1"] as const;

const TOKEN = `SIGNPATH_API_TOKEN: \${{ secrets.SIGNPATH_API_TOKEN }}`;

/** A workflow of GitHub Actions. */
export function githubRecipe(facts: RecipeFacts): Recipe {
  const secret =
    "The API token: Settings > Environments > release, for tags v* only > secret SIGNPATH_API_TOKEN.";
  const text = `${heading("#", secret)}name: Sign
on:
  push:
    tags: ["v*"]
permissions:
  contents: read
concurrency: # two runs at once would sign the same files twice
  group: signpath-\${{ github.ref }}
jobs:
  sign:
    runs-on: ubuntu-24.04
    environment: release # its secret is kept from other branches and their workflows
    timeout-minutes: ${TIMEOUT_MINUTES}
    env:
${yamlVariables(6, facts)}    steps:
      - uses: ${CHECKOUT}
        with:
          persist-credentials: false
      - uses: ${SETUP_NODE}
        with:
          node-version: ${NODE_MAJOR}
          package-manager-cache: false
      # Here make, or download, what is to be signed: ${facts.files}
      - name: Install signpath
        run: ${INSTALL}
${facts.journal ? restore() : ""}      - name: Sign
        env:
          ${TOKEN}
        run:${yamlCommands(10, signCommands(facts))}      - name: Verify
${verificationNeedsToken(facts) ? indented(8, ["env:", `  ${TOKEN}`]) : ""}        run: |
${indented(10, verifyCommands(facts))}${facts.journal ? save() : ""}      - uses: ${UPLOAD}
        with:
          name: ${FOLDER}
          path: ${FOLDER}/
          if-no-files-found: error
`;
  return { text, path: ".github/workflows/signpath.yml", todo: [secret] };
}

/** A job that is run again signs what is missing, and nothing twice. */
function restore(): string {
  const [commit, version] = CACHE;
  return `      - name: What an earlier attempt has signed
        uses: actions/cache/restore@${commit} # ${version}
        with:
          path: ${FOLDER}
          key: signpath-\${{ github.run_id }}-\${{ github.run_attempt }}
          restore-keys: signpath-\${{ github.run_id }}-
`;
}

function save(): string {
  const [commit, version] = CACHE;
  return `      - name: Keep it for a further attempt
        if: failure() || cancelled()
        uses: actions/cache/save@${commit} # ${version}
        with:
          path: ${FOLDER}
          key: signpath-\${{ github.run_id }}-\${{ github.run_attempt }}
`;
}
