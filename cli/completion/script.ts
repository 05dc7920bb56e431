/**
 * What a shell needs to know to complete a command line, taken from the parser's own commands and options.
 *
 * @module
 */

import type { Command, Option } from "commander";
import { isRepeatable, withCommandsBelow } from "../command.ts";

/** A command. */
export interface Completable {
  /** The word that calls it. */
  readonly name: string;
  /** One line on it. */
  readonly summary: string;
  /** Its options, with those of every command. */
  readonly options: readonly CompletableOption[];
  /** The words that its first operand can be; a path when there are none. */
  readonly words: readonly string[];
}

/** An option. */
export interface CompletableOption {
  /** As typed, such as `-l` and `--long`. */
  readonly flags: readonly string[];
  /** One line on it. */
  readonly description: string;
  /** A value must follow. */
  readonly takesValue: boolean;
  /** The values there are, when they are few. */
  readonly choices: readonly string[];
  /** It can be given several times. */
  readonly repeatable: boolean;
}

/** The commands of `program`. */
export function completables(program: Command): Completable[] {
  const shared = optionsOf(program).filter(({ long }) => long !== "--version" && long !== "--help");
  const commands = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: [...optionsOfAll(command), ...shared].map(toCompletable),
    words: command.registeredArguments[0]?.argChoices ?? command.commands.map((one) => one.name()),
  }));
  const names = commands.map(({ name }) => name);
  const help = { name: "help", summary: "print the help of a command", options: [], words: names };
  return [...commands, help];
}

/** The options of a command and of those below it, each once. */
function optionsOfAll(command: Command): Option[] {
  const byFlags = new Map(
    withCommandsBelow(command).flatMap(optionsOf).map((one) => [one.flags, one]),
  );
  return [...byFlags.values()];
}

function optionsOf(command: Command): Option[] {
  return [...command.createHelp().visibleOptions(command)];
}

function toCompletable(option: Option): CompletableOption {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    takesValue: option.required,
    choices: option.argChoices ?? [],
    repeatable: isRepeatable(option),
  };
}
