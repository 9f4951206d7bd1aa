import { PLATFORMS } from "../answers.js";
import { RECIPES } from "./index.js";
import type { RecipeFacts } from "./recipe.js";

/** What the jobs in the documents sign. */
const EXAMPLE: Omit<RecipeFacts, "journal"> = {
  configFile: "signpath.json",
  files: "dist/*",
  certificates: [],
  timestamps: ["http://timestamp.digicert.com/"],
};

/** A document with a block of code below each `<!-- recipe: platform -->`, which is made anew. */
export function withRecipes(document: string, journal: boolean): string {
  return PLATFORMS.reduce((text, platform) => {
    const marker = `<!-- recipe: ${platform} -->`;
    if (!text.includes(marker)) throw new Error(`there is no ${marker}`);
    const recipe = RECIPES[platform]({ ...EXAMPLE, journal }).text;
    const language = platform === "jenkins" ? "groovy" : "yaml";
    const block = `${marker}\n\`\`\`${language}\n${recipe}\`\`\`\n`;
    return text.replace(new RegExp(`${marker}\n(?:\`\`\`\\w+\n.*?\n\`\`\`\n)?`, "s"), () => block);
  }, document);
}
