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

const TOKEN = "SIGNPATH_API_TOKEN: $(SIGNPATH_API_TOKEN)";

/** A pipeline of Azure DevOps, whose caches are kept only where a job went well: what failed is signed anew. */
export function azureRecipe(given: RecipeFacts): Recipe {
  const facts = { ...given, journal: false };
  const secret = "The API token: Pipelines > Edit > Variables > SIGNPATH_API_TOKEN, kept secret.";
  const text = `${heading("#", secret)}trigger:
  tags:
    include: ["v*"]
  branches:
    exclude: ["*"]
pr: none
jobs:
  - job: sign
    timeoutInMinutes: ${TIMEOUT_MINUTES}
    pool:
      vmImage: ubuntu-24.04
    variables:
${yamlVariables(6, facts)}    steps:
      - checkout: self
        persistCredentials: false
      - task: UseNode@1
        inputs:
          version: "${NODE_MAJOR}.x"
      # Here make, or download, what is to be signed: ${facts.files}
      - bash: ${INSTALL}
        displayName: Install signpath
      - bash:${yamlCommands(10, signCommands(facts))}        displayName: Sign
        env:
          ${TOKEN} # secrets are in no environment of their own accord
      - bash: |
          set -e
${indented(10, verifyCommands(facts))}        displayName: Verify
${verificationNeedsToken(facts) ? indented(8, ["env:", `  ${TOKEN}`]) : ""}      - publish: ${FOLDER}
        artifact: ${FOLDER}
`;
  return { text, path: "azure-pipelines.signpath.yml", todo: [secret] };
}
