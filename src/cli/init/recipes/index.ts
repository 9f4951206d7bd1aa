import type { Platform } from "../answers.js";
import { azureRecipe } from "./azure.js";
import { githubRecipe } from "./github.js";
import { gitlabRecipe } from "./gitlab.js";
import { jenkinsRecipe } from "./jenkins.js";
import type { Recipe, RecipeFacts } from "./recipe.js";

/** The recipe of each platform. */
export const RECIPES: Readonly<Record<Platform, (facts: RecipeFacts) => Recipe>> = {
  github: githubRecipe,
  gitlab: gitlabRecipe,
  azure: azureRecipe,
  jenkins: jenkinsRecipe,
};
