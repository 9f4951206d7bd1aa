import { runProgram } from "../program.js";
import { Session } from "./session.js";

/** The whole life of the process: what its arguments ask for, and its exit code. */
export async function runProcess(): Promise<never> {
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
  return session.exit();
}
