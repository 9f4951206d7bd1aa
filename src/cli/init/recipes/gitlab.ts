import type { Recipe, RecipeFacts } from "./recipe.js";
import {
  FOLDER,
  heading,
  INSTALL,
  indented,
  JOURNAL,
  NODE_MAJOR,
  signCommands,
  TIMEOUT_MINUTES,
  verifyCommands,
  yamlVariables,
} from "./recipe.js";

/** A job of GitLab CI. */
export function gitlabRecipe(facts: RecipeFacts): Recipe {
  const secret =
    "The API token: Settings > CI/CD > Variables > SIGNPATH_API_TOKEN, masked, hidden and protected.";
  const text = `${heading("#", secret)}sign:
  stage: deploy
  image: node:${NODE_MAJOR}-bookworm-slim
  timeout: ${TIMEOUT_MINUTES} minutes
  # Two jobs at once would sign the same files twice.
  resource_group: signpath
  rules:
    # Others do not get a protected variable.
    - if: $CI_COMMIT_TAG && $CI_COMMIT_REF_PROTECTED == "true"
  variables:
${yamlVariables(4, facts)}${facts.journal ? cache() : ""}  # What is to be signed, ${facts.files}, comes from the artifacts of an earlier job.
  before_script:
    - ${INSTALL}
  script:
${listed(signCommands(facts))}    - |
${indented(6, verifyCommands(facts))}  artifacts:
    paths:
      - ${FOLDER}/
${facts.journal ? indented(4, ["exclude:", `  - ${JOURNAL}*`]) : ""}`;
  const path = ".gitlab/signpath.yml";
  const tags = "The tags: Settings > Repository > Protected tags > v*; the job runs for protected ones only.";
  return { text, path, todo: [secret, tags, `In .gitlab-ci.yml: include: [{ local: ${path} }]`] };
}

function listed(commands: readonly string[]): string {
  return indented(
    4,
    commands.map((command) => `- ${command}`),
  );
}

/** A job that is run again signs what is missing, and nothing twice. */
function cache(): string {
  return `  cache:
    key: signpath-$CI_PIPELINE_ID
    paths:
      - ${FOLDER}/
    when: on_failure
`;
}
