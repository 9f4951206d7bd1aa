#!/usr/bin/env node
import { runPlugin } from "../run.js";

void runPlugin(async () => {
  const { answerGit } = await import("./program.js");
  return () => answerGit(process.argv.slice(2), () => process.stdin);
});
