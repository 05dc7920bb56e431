/**
 * Completion for bash.
 *
 * @module
 */

import type { Completable } from "./script.ts";

/** The script. It needs no bash-completion package. */
export function bashScript(commands: readonly Completable[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# medvfs completion for bash

_medvfs() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  local command="" options="" words="" valued="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --concurrency|--timeout|--retries) ((i++)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    "") words="${names}"; options="--help --version" ;;
${commands.map(branch).join("\n")}
  esac
  COMPREPLY=()
  case $command$before in
${commands.flatMap(choices).join("\n")}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ -n $words && ( -z $command || COMP_CWORD -eq $((i + 1)) ) ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ " $valued " != *" $before "* ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _medvfs medvfs
`;
}

function branch({ name, options, words }: Completable): string {
  const flags = options.flatMap(({ flags }) => flags).join(" ");
  const valued = options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags);
  return `    ${name}) options="${flags}"; words="${words.join(" ")}"; valued="${
    valued.join(" ")
  }" ;;`;
}

function choices({ name, options }: Completable): string[] {
  return options.filter(({ choices }) => choices.length > 0).map(({ flags, choices }) => {
    const patterns = flags.map((flag) => `${name}${flag}`).join("|");
    return `    ${patterns}) COMPREPLY=($(compgen -W "${
      choices.join(" ")
    }" -- "$word")); return ;;`;
  });
}
