import type { Command } from "commander";
import { Argument } from "commander";
import type { Shell } from "../completion/script.js";
import type { Outcome, Session } from "../shell/session.js";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

const AFTER = `
It completes commands, options, their choices and files, and asks no server. To have it in
each new shell:

  bash  a line in ~/.bashrc:                 eval "$(signpath completion bash)"
  zsh   a line in ~/.zshrc, below compinit:  eval "$(signpath completion zsh)"
  fish  once:  signpath completion fish > ~/.config/fish/completions/signpath.fish

In place of the line in ~/.zshrc, a file named _signpath in a directory of $fpath starts faster.

Examples:
  signpath completion bash > signpath.bash
  eval "$(signpath completion bash)"
  signpath completion zsh > _signpath`;

export function registerCompletion(program: Command, session: Session): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "the shell that it is for").choices(SHELLS))
    .summary("print what makes a shell complete this command")
    .description("Prints a script that has a shell complete commands, options and their values.")
    .addHelpText("after", AFTER)
    .action((shell: Shell) => session.perform({}, () => completion(session, program, shell)));
}

async function completion({ output }: Session, program: Command, shell: Shell): Promise<Outcome> {
  const { completionScript } = await import("../completion/script.js");
  output.data(completionScript(program, shell));
  return { exitCode: 0 };
}
