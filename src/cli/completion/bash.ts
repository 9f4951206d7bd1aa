import type { CommandFacts, OptionFacts, ValueKind } from "../help/command-tree.js";

/**
 * Completion for bash 3.2 and later, with or without the package bash-completion. Files are left to bash itself, which
 * knows how to quote their names.
 */
export function bashCompletion({ name, options, commands }: CommandFacts): string {
  const words = [...commands.map((command) => command.name), ...flagsOf(options)].join(" ");
  return `# Completion for ${name} in bash.
_${name}_split() {
  # Bash takes words apart at = and :, as COMP_WORDBREAKS says; here they are put together again.
  local line=\${COMP_LINE:0:COMP_POINT} index word rest
  words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    rest=\${line#"\${line%%[![:space:]]*}"}
    if ((\${#words[@]} > 0)) && [[ $rest == "$line" && -n $word ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    line=\${rest#"$word"}
  done
  cur=\${words[\${#words[@]}-1]}
  prev=
  if ((\${#words[@]} > 1)); then prev=\${words[\${#words[@]}-2]}; fi
}

_${name}_offer() {
  # What stands before the last = or : is on the line already.
  local last=\${COMP_WORDS[COMP_CWORD]} before word
  case $last in [=:]) last= ;; esac
  before=\${cur%"$last"}
  while IFS= read -r word; do COMPREPLY+=("\${word#"$before"}"); done < <(compgen -W "$1" -P "$2" -- "\${cur#"$2"}")
}

_${name}_nothing() {
  compopt +o default +o bashdefault 2>/dev/null
}

_${name}_value() {
  # The option, what is before its value in the word, and the command.
  case $3:$1 in
${commands.flatMap(valueCases).join("\n")}
    *) return 1 ;;
  esac
}

_${name}() {
  local cur prev words command
  COMPREPLY=()
  _${name}_split
  command=\${words[1]}
  if ((\${#words[@]} <= 2)); then
    _${name}_nothing
    _${name}_offer "${words}" ""
    return
  fi
  case $cur in
    --*=*) _${name}_value "\${cur%%=*}" "\${cur%%=*}=" "$command" && return ;;
  esac
  _${name}_value "$prev" "" "$command" && return
  case $cur in
    -*)
      _${name}_nothing
      case $command in
${commands.map((command) => `        ${command.name}) _${name}_offer "${flagsOf(command.options).join(" ")}" "" ;;`).join("\n")}
      esac
      return
      ;;
  esac
  case $command in
${commands.flatMap((command) => argumentCase(name, command, commands)).join("\n")}
  esac
}

complete -o bashdefault -o default -F _${name} ${name}
`;

  function valueCases(command: CommandFacts): string[] {
    const taking = command.options.filter(({ placeholder }) => placeholder !== undefined);
    return taking.map((option) => {
      const patterns = namesOf(option).map((flag) => `${command.name}:${flag}`);
      return `    ${patterns.join("|")}) ${action(name, option.kind, option.choices, '"$2"')} ;;`;
    });
  }
}

function action(name: string, kind: ValueKind, choices: readonly string[], before: string): string {
  switch (kind) {
    case "choice":
      return `_${name}_nothing; _${name}_offer "${choices.join(" ")}" ${before}`;
    case "file":
      return ":";
    case "directory":
      return "compopt -o dirnames +o default +o bashdefault 2>/dev/null; :";
    case "other":
      return `_${name}_nothing; :`;
  }
}

function argumentCase(name: string, command: CommandFacts, commands: readonly CommandFacts[]): string[] {
  const [argument] = command.arguments;
  if (argument?.kind === "file") return [];
  const isHelp = command.name === "help";
  const choices = isHelp ? commands.map((each) => each.name) : (argument?.choices ?? []);
  const kind = choices.length > 0 ? "choice" : (argument?.kind ?? "other");
  return [`    ${command.name}) ${action(name, kind, choices, '""')} ;;`];
}

function flagsOf(options: readonly OptionFacts[]): string[] {
  return options.map(({ long }) => long);
}

function namesOf({ long, short }: OptionFacts): string[] {
  return short === undefined || short === long ? [long] : [long, short];
}
