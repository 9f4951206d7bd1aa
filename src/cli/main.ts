#!/usr/bin/env node
import { runProgram } from "./program.js";
import { Session } from "./session.js";

const session = new Session();
process.on("uncaughtException", (error) => {
  session.exitCode = session.report(error);
  void session.exit();
});
try {
  await runProgram(process.argv.slice(2), session);
} catch (error) {
  session.exitCode = session.report(error);
}
await session.exit();
