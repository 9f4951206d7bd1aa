#!/usr/bin/env node
import { runPlugin } from "../run.js";

void runPlugin(async () => {
  const { answerNotation } = await import("./plugin.js");
  return () => answerNotation(process.argv[2] ?? "", process.stdin);
});
