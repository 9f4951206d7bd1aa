import type { Recipe, RecipeFacts } from "./recipe.js";
import {
  FOLDER,
  heading,
  INSTALL,
  indented,
  JOURNAL,
  signCommands,
  TIMEOUT_MINUTES,
  variables,
  verifyCommands,
} from "./recipe.js";

/** A declarative pipeline of Jenkins. */
export function jenkinsRecipe(facts: RecipeFacts): Recipe {
  const secret = "The API token: Manage Jenkins > Credentials > secret text with the id signpath-api-token.";
  const environment = variables(facts).map(([name, value]) => `${name} = '${value}'`);
  const text = `${heading("//", secret)}pipeline {
  agent { label 'linux' } // with Node.js 20.19 or later
  options {
    timeout(time: ${TIMEOUT_MINUTES}, unit: 'MINUTES')
    disableConcurrentBuilds() // two at once would sign the same files twice
  }
  environment {
${indented(4, environment)}    NPM_CONFIG_PREFIX = "\${env.WORKSPACE}/.npm-global"
    PATH = "\${env.WORKSPACE}/.npm-global/bin:\${env.PATH}"
  }
  stages {
    // A stage before this one makes what is to be signed: ${facts.files}
    stage('Install signpath') {
      steps {
        sh '${INSTALL}'
      }
    }
    stage('Sign') {
      when { buildingTag() } // of a multibranch pipeline; in another job say here what may be signed
      environment {
        SIGNPATH_API_TOKEN = credentials('signpath-api-token')
      }
      steps {
${indented(
  8,
  signCommands(facts).map((command) => `sh '${command}'`),
)}        sh '''
${indented(10, verifyCommands(facts))}        '''
      }
      post {
        success {
          archiveArtifacts artifacts: '${FOLDER}/**', ${facts.journal ? `excludes: '${JOURNAL}*', ` : ""}fingerprint: true
          sh 'rm -rf ${FOLDER}'
        }
      }
    }
  }
}
`;
  return { text, path: "Jenkinsfile.signpath", todo: [secret] };
}
