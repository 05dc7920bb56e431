/**
 * What a command is: its words in the help, and what it does.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.ts";

/** What a command changes of its places; see {@linkcode CommandSpec}. */
export type Changes = "all" | "last" | "into" | "nothing";

/** One command. `O` are its options. */
export interface CommandSpec<O> {
  /** The word that calls it. */
  readonly name: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** What it takes, as commander writes it: `[url...]`. */
  readonly operands?: string;
  /**
   * Which of its operands are places to work on, for which a list can be given: `all`, or all `but last`, the destination;
   * in these wildcards count, too. `names` are taken as they are, and a command that says `own` looks for wildcards.
   */
  readonly sources?: "all" | "but last" | "names" | "own";
  /**
   * What it changes of its places: all, or the last, the destination, or what goes into that. Who may not is told all flags that are missing, once
   * and before anything is done; a command that does not say works on what it may.
   */
  readonly changes?: (options: O) => Changes;
  /** The words that its first operand can be, where it is no place. */
  readonly choices?: readonly string[];
  /** Paragraphs of its help. */
  readonly details?: string;
  /** Its options. */
  readonly options?: readonly Option[];
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, effect: string])[];
  /** Does it. */
  run(
    context: Context,
    operands: readonly string[],
    options: O,
    command: Command,
  ): Promise<void>;
}

/** Commands under one word, such as `label ls` and `label save`. */
export interface CommandGroup {
  /** The word. */
  readonly name: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** Paragraphs of its help. */
  readonly details?: string;
  /** What it can do; each takes options of its own. */
  readonly commands: readonly ((run: Run) => Command)[];
}

/** Runs a command that was parsed. */
export type Run = <O>(spec: CommandSpec<O>, command: Command) => void;

/** Makes an option; `parse` throws `InvalidArgumentError` by way of {@linkcode wrong}. */
export function option(
  flags: string,
  description: string,
  parse?: (text: string) => unknown,
): Option {
  const made = new Option(flags, description);
  return parse ? made.argParser((text: string) => parse(text)) : made;
}

/** Makes an option that can be given several times; its values become an array. */
export function repeatable<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
): Option {
  const made = new Option(flags, description)
    .argParser((text: string, earlier: T[] | undefined) => [...earlier ?? [], parse(text)]);
  REPEATABLE.add(made);
  return made;
}

const REPEATABLE = new WeakSet<Option>();

/** Whether an option can be given several times. */
export function isRepeatable(one: Option): boolean {
  return REPEATABLE.has(one);
}

/** The error for an option whose value is none. */
export function wrong(reason: string): Error {
  return new InvalidArgumentError(reason);
}

/** Parses a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw wrong(`It must be a whole number, ${least} or more.`);
  };
}

/** Options that several commands share. */
export const SHARED = {
  json: (): Option => option("--json", "one JSON object per line"),
  human: (): Option => option("-h, --human", "sizes for people, such as 1.2 MB"),
  follow: (): Option => option("-L, --follow", "follow symbolic links"),
  fromFile: (): Option =>
    option("--from-file <file>", "places to add, one per line; - is the input"),
  nulls: (): Option =>
    option("-0, --null", "places in the list end with a NUL, as find -0 writes them"),
} as const;

/** The parser's view of a group of commands. */
export function toGroup(group: CommandGroup, run: Run): Command {
  const command = described(group).helpCommand(false);
  for (const make of group.commands) command.addCommand(make(run));
  return command;
}

/** The words that call a command, without the program's: `label save`. */
export function fullName(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${fullName(parent)} ${command.name()}` : command.name();
}

/** `command` and all below it. */
export function withCommandsBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withCommandsBelow)];
}

function described({ name, summary, details }: Omit<CommandGroup, "commands">): Command {
  const paragraphs = [`${summary[0]!.toUpperCase()}${summary.slice(1)}.`];
  // Its source is broken into lines; the help breaks them for the terminal.
  if (details) paragraphs.push(details.replaceAll("\n", " "));
  return new Command(name).summary(summary).description(paragraphs.join("\n\n"));
}

/** The parser's view of a command. */
export function toCommand<O>(spec: CommandSpec<O>, run: Run): Command {
  const command = described(spec);
  if (spec.sources) {
    // A list may hold them all, so the parser cannot tell whether they are enough.
    command.argument("[place...]").usage(`[options] ${spec.operands}`);
  } else if (spec.operands) command.arguments(spec.operands);
  if (spec.choices) command.registeredArguments[0]?.choices(spec.choices);
  for (const one of spec.options ?? []) command.addOption(one);
  if (spec.sources) {
    command.addOption(SHARED.fromFile());
    if (!command.options.some(({ short }) => short === "-0")) command.addOption(SHARED.nulls());
  }
  command.addHelpText("after", `\n${examplesText(spec)}`);
  command.action(() => run(spec, command));
  return command;
}

function examplesText({ examples }: Pick<CommandSpec<unknown>, "examples">): string {
  const lines = examples.flatMap(([line, effect]) => [`  # ${effect}`, `  medvfs ${line}`]);
  return ["Examples:", ...lines].join("\n");
}
