import type { ArgumentFacts, CommandFacts, OptionFacts, ValueKind } from "../help/command-tree.js";

/** Completion for fish 3 and later. */
export function fishCompletion({ name, options, commands }: CommandFacts): string {
  const first = `-n '__${name}_is_first'`;
  const lines = [
    ...options.map((option) => optionLine(first, option)),
    ...commands.map(
      (command) => `complete -c ${name} ${first} -a ${command.name} -d ${quoted(command.summary)}`,
    ),
    ...commands.flatMap((command) => {
      const inCommand = `-n '__${name}_command_is ${command.name}'`;
      const [argument] = command.arguments;
      const argumentLines = argument === undefined ? [] : argumentLine(inCommand, command, argument);
      return [...argumentLines, ...command.options.map((option) => optionLine(inCommand, option))];
    }),
  ];
  return `# Completion for ${name} in fish.
function __${name}_is_first
    set -l words (commandline -opc)
    test (count $words) -eq 1
end

function __${name}_command_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
end

complete -c ${name} -f
${lines.join("\n")}
`;

  function optionLine(
    condition: string,
    { long, short, placeholder, kind, choices, description }: OptionFacts,
  ): string {
    const flags = [
      ...(long.startsWith("--") ? [`-l ${long.slice(2)}`] : []),
      ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ];
    const value = placeholder === undefined ? [] : [valueFlags(kind, choices)];
    return ["complete", "-c", name, condition, ...flags, ...value, "-d", quoted(description)].join(" ");
  }

  function argumentLine(condition: string, command: CommandFacts, argument: ArgumentFacts): string[] {
    const choices = command.name === "help" ? commands.map((each) => each.name) : argument.choices;
    if (choices.length > 0) return [`complete -c ${name} ${condition} -a ${quoted(choices.join(" "))}`];
    if (argument.kind === "file") return [`complete -c ${name} ${condition} -F`];
    if (argument.kind === "directory")
      return [`complete -c ${name} ${condition} -a '(__fish_complete_directories)'`];
    return [];
  }
}

function valueFlags(kind: ValueKind, choices: readonly string[]): string {
  switch (kind) {
    case "choice":
      return `-x -a ${quoted(choices.join(" "))}`;
    case "file":
      return "-r -F";
    case "directory":
      return "-x -a '(__fish_complete_directories)'";
    case "other":
      return "-x";
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
