import type { ArgumentFacts, CommandFacts, OptionFacts, ValueKind } from "../help/command-tree.js";

/** Completion for zsh: a file `_signpath` in a directory of `fpath`, or a text to be sourced. */
export function zshCompletion({ name, options, commands }: CommandFacts): string {
  return `#compdef ${name}
# Completion for ${name} in zsh.
_${name}() {
  local curcontext=$curcontext context state state_descr line ret=1
  typeset -A opt_args
  _arguments -C \\
${options.map((option) => `    ${optionSpec(option)} \\\n`).join("")}    '1:command:_${name}_commands' \\
    '*::argument:->arguments' && ret=0
  if [[ $state == arguments ]]; then
    curcontext=\${curcontext%:*:*}:${name}-$words[1]:
    case $words[1] in
${commands.map(commandCase).join("\n")}
    esac
  fi
  return ret
}

_${name}_commands() {
  local -a commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`).join("\n")}
  )
  _describe -t commands command commands
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;

  function commandCase(command: CommandFacts): string {
    const specs = [
      ...command.options.map(optionSpec),
      ...command.arguments.map((argument, index) => argumentSpec(name, command, argument, index)),
    ];
    return `      ${command.name}) _arguments ${specs.map((spec) => `\\\n        ${spec}`).join(" ")} && ret=0 ;;`;
  }
}

function optionSpec({
  long,
  short,
  placeholder,
  kind,
  choices,
  description,
  repeatable,
}: OptionFacts): string {
  const value = placeholder === undefined ? "" : `:${inSpec(bare(placeholder))}:${action(kind, choices)}`;
  const rest = `[${inSpec(description)}]${value}`;
  const equals = placeholder === undefined ? "" : "=";
  if (repeatable) return quoted(`*${long}${equals}${rest}`);
  if (short === undefined || short === long) return quoted(`${long}${equals}${rest}`);
  const plus = placeholder === undefined ? "" : "+";
  return `${quoted(`(${long} ${short})`)}{${short}${plus},${long}${equals}}${quoted(rest)}`;
}

function argumentSpec(name: string, command: CommandFacts, argument: ArgumentFacts, index: number): string {
  if (command.name === "help") return quoted(`1:command:_${name}_commands`);
  const position = argument.repeatable ? "*" : String(index + 1);
  return quoted(`${position}:${inSpec(bare(argument.usage))}:${action(argument.kind, argument.choices)}`);
}

function action(kind: ValueKind, choices: readonly string[]): string {
  switch (kind) {
    case "choice":
      return `(${choices.join(" ")})`;
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "other":
      // Nothing to choose from. A blank, which shows the placeholder alone, would keep zsh from completing options in its place.
      return "()";
  }
}

function bare(placeholder: string): string {
  return placeholder.replace(/[<>[\].]/g, "");
}

/** Brackets and colons have a meaning in what `_arguments` takes. */
function inSpec(text: string): string {
  return text.replace(/[\\[\]:]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
