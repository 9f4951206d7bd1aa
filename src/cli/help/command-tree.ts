import type { Argument, Command, Option } from "commander";
import { collect } from "../arguments.js";

/** What can stand in the place of a value. */
export type ValueKind = "choice" | "file" | "directory" | "other";

/** An option, as plain data. */
export interface OptionFacts {
  readonly short: string | undefined;
  readonly long: string;
  /** `<file>`; undefined for a switch. */
  readonly placeholder: string | undefined;
  readonly kind: ValueKind;
  readonly choices: readonly string[];
  readonly description: string;
  readonly defaultValue: string | undefined;
  readonly repeatable: boolean;
  /** Under which it stands in the help, without a colon. */
  readonly heading: string;
}

/** An argument, as plain data. */
export interface ArgumentFacts {
  /** `<file...>` or `[policy]` */
  readonly usage: string;
  readonly kind: ValueKind;
  readonly choices: readonly string[];
  readonly repeatable: boolean;
  readonly description: string;
}

/** A command, as plain data. */
export interface CommandFacts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly ArgumentFacts[];
  readonly options: readonly OptionFacts[];
  readonly commands: readonly CommandFacts[];
  /** What the help says below the options. */
  readonly after: string;
}

/** Reads everything that there is to say about a command and those below it out of commander. */
export function commandFacts(command: Command): CommandFacts {
  const help = command.createHelp();
  return {
    name: command.name(),
    summary: help.subcommandDescription(command),
    description: command.description(),
    usage: help.commandUsage(command),
    arguments: command.registeredArguments.map(argumentFacts),
    options: help.visibleOptions(command).map(optionFacts),
    commands: help.visibleCommands(command).map(commandFacts),
    after: textAfter(command),
  };
}

function argumentFacts(argument: Argument): ArgumentFacts {
  const name = argument.name() + (argument.variadic ? "..." : "");
  const choices = argument.argChoices ?? [];
  return {
    usage: argument.required ? `<${name}>` : `[${name}]`,
    kind: kindOf(argument.name(), choices),
    choices,
    repeatable: argument.variadic,
    description: argument.description,
  };
}

function optionFacts(option: Option): OptionFacts {
  const [placeholder] = /[<[].*[>\]]/.exec(option.flags) ?? [];
  const choices = option.argChoices ?? [];
  const { defaultValue } = option;
  const isSaid = typeof defaultValue === "string" || typeof defaultValue === "number";
  return {
    short: option.short,
    long: option.long ?? option.short ?? "",
    placeholder,
    kind: kindOf(placeholder?.replace(/[<>[\].]/g, "") ?? "", choices),
    choices,
    description: option.description,
    defaultValue: isSaid ? String(defaultValue) : undefined,
    // Options that can be given again collect what they were given.
    repeatable: option.variadic || option.parseArg === collect || /more than once/.test(option.description),
    heading: (option.helpGroupHeading ?? "Options:").replace(/:$/, ""),
  };
}

/** The names of values say what they are. */
function kindOf(name: string, choices: readonly string[]): ValueKind {
  if (choices.length > 0) return "choice";
  if (/^(?:file|path)$/i.test(name)) return "file";
  return /^(?:dir|directory|folder)$/i.test(name) ? "directory" : "other";
}

/** commander gives it only together with the rest. */
function textAfter(command: Command): string {
  const before = command.configureOutput();
  let all = "";
  command.configureOutput({
    ...before,
    writeOut: (text) => {
      all += text;
    },
  });
  command.outputHelp();
  command.configureOutput(before);
  const start = command.helpInformation();
  return all.slice(start.length).trim();
}
