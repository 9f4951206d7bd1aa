#!/usr/bin/env node
import { runPlugin } from "../run.js";

void runPlugin(async () => {
  const { answerSigstore } = await import("./plugin.js");
  const [, , version = "", args = ""] = process.argv;
  return () => answerSigstore(version, args, process.stdin);
});
