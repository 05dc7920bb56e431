/**
 * Completion for fish.
 *
 * @module
 */

import type { Completable, CompletableOption } from "./script.ts";

/** The script. */
export function fishScript(commands: readonly Completable[]): string {
  const lines = ["# medvfs completion for fish", "complete -c medvfs -n __fish_use_subcommand -f"];
  for (const { name, summary } of commands) {
    lines.push(`complete -c medvfs -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`);
  }
  for (const { name, options, words } of commands) {
    const within = `complete -c medvfs -n '__fish_seen_subcommand_from ${name}'`;
    if (words.length > 0) {
      const seen = `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${
        words.join(" ")
      }`;
      lines.push(`complete -c medvfs -n '${seen}' -f -a '${words.join(" ")}'`);
    }
    for (const option of options) lines.push(`${within} ${optionText(option)}`);
  }
  return `${lines.join("\n")}\n`;
}

function optionText({ flags, description, takesValue, choices }: CompletableOption): string {
  const words = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
  );
  if (takesValue) words.push("-x");
  if (choices.length > 0) words.push(`-a '${choices.join(" ")}'`);
  return `${words.join(" ")} -d '${quoted(description)}'`;
}

function quoted(text: string): string {
  return text.replace(/[\\']/g, "\\$&");
}
