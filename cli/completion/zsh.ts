/**
 * Completion for zsh.
 *
 * @module
 */

import type { Completable, CompletableOption } from "./script.ts";

/** The script, a function that is loaded by its name `_medvfs`. */
export function zshScript(commands: readonly Completable[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  return `#compdef medvfs
# medvfs completion for zsh

_medvfs() {
  local state line
  local -a commands
  commands=(
${described.join("\n")}
  )
  _arguments -C '--help[print the help]' '--version[print the version]' \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${commands.map(branch).join("\n")}
      esac ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _medvfs "$@"; else compdef _medvfs medvfs; fi
`;
}

function branch({ name, options, words }: Completable): string {
  const operands = words.length > 0 ? [`'1:word:(${words.join(" ")})'`] : [];
  const specs = [...options.flatMap(optionSpecs), ...operands, "'*:place:_files'"];
  return `        ${name})\n          _arguments -s \\\n${
    specs.map((spec) => `            ${spec}`).join(" \\\n")
  } ;;`;
}

function optionSpecs(option: CompletableOption): string[] {
  const { flags, description, takesValue, choices, repeatable } = option;
  const values = choices.length > 0 ? `(${choices.join(" ")})` : "";
  const value = takesValue ? `:value:${values}` : "";
  const text = description.replace(/[[\]:\\]/g, "\\$&");
  const exclusive = repeatable ? "*" : flags.length > 1 ? `(${flags.join(" ")})` : "";
  return flags.map((flag) => `'${quoted(`${exclusive}${flag}[${text}]${value}`)}'`);
}

function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
