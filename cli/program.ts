/**
 * All commands, and the options that every one of them has.
 *
 * @module
 */

import { Command, Option } from "commander";
import config from "../deno.json" with { type: "json" };
import {
  type CommandSpec,
  fullName,
  option,
  type Run,
  toCommand,
  toGroup,
  wholeNumber,
  withCommandsBelow,
} from "./command.ts";
import { dicomFlags, parseSeconds } from "./dicom_flags.ts";
import { EXIT_HELP } from "./exit_code.ts";
import type { Io } from "./io.ts";
import { withoutCredentials } from "./messages.ts";

/** The outputs of the parser: help, and what is wrong with the arguments. */
export interface ParserOutput {
  /** Gets help that was asked for. */
  readonly out: (text: string) => void;
  /** Gets complaints. */
  readonly err: (text: string) => void;
}

/** The commands in the order of the help. Each loads when it is called, or when the help tells of all. */
const COMMANDS: Readonly<Record<string, (run: Run) => Promise<Command>>> = {
  ls: async (run) => onPlaces((await import("./commands/ls.ts")).ls, run),
  tree: async (run) => onPlaces((await import("./commands/tree.ts")).tree, run),
  info: async (run) => onPlaces((await import("./commands/info.ts")).info, run),
  stat: async (run) => onPlaces((await import("./commands/stat.ts")).stat, run),
  find: async (run) => onPlaces((await import("./commands/find.ts")).find, run),
  du: async (run) => onPlaces((await import("./commands/du.ts")).du, run),
  cat: async (run) => onPlaces((await import("./commands/cat.ts")).cat, run),
  dump: async (run) => onPlaces((await import("./commands/dump.ts")).dump, run),
  show: async (run) => onPlaces((await import("./commands/show.ts")).show, run),
  browse: async (run) => onPlaces((await import("./commands/browse.ts")).browse, run),
  hash: async (run) => onPlaces((await import("./commands/hash.ts")).hash, run),
  cp: async (run) => onPlaces((await import("./commands/cp.ts")).cp, run),
  mv: async (run) => onPlaces((await import("./commands/mv.ts")).mv, run),
  sync: async (run) => onPlaces((await import("./commands/sync.ts")).sync, run),
  check: async (run) => onPlaces((await import("./commands/check.ts")).check, run),
  rm: async (run) => onPlaces((await import("./commands/rm.ts")).rm, run),
  mkdir: async (run) => onPlaces((await import("./commands/mkdir.ts")).mkdir, run),
  echo: async (run) => onPlaces((await import("./commands/echo.ts")).echo, run),
  peers: async (run) => toCommand((await import("./commands/peers.ts")).peers, run),
  label: async (run) => toGroup((await import("./commands/label/mod.ts")).label, run),
  "label-server": async (run) =>
    toCommand((await import("./commands/label_server.ts")).labelServer, run),
  login: async (run) => toCommand((await import("./commands/login.ts")).login, run),
  logout: async (run) => toCommand((await import("./commands/logout.ts")).logout, run),
  "serve-dicom": async (run) =>
    toCommand((await import("./commands/serve_dicom.ts")).serveDicom, run),
  "serve-xnat": async (run) => toCommand((await import("./commands/serve_xnat.ts")).serveXnat, run),
  schemes: async (run) => toCommand((await import("./commands/schemes.ts")).schemes, run),
  completion: async (run) => toCommand((await import("./commands/completion.ts")).completion, run),
};

function onPlaces<O>(spec: CommandSpec<O>, run: Run): Command {
  const command = toCommand(spec, run);
  for (const flag of dicomFlags()) command.addOption(flag);
  return command;
}

/** The command that follows the options; all where there is none, or where it writes about all. */
function namedIn(args: readonly string[], options: readonly Option[]): readonly string[] {
  if (args[0] === "--version") return [];
  let at = 0;
  while (args[at]?.startsWith("-")) {
    at += options.some(({ long, required }) => required && long === args[at]) ? 2 : 1;
  }
  const name = args[at] ?? "";
  return Object.hasOwn(COMMANDS, name) && name !== "completion" ? [name] : Object.keys(COMMANDS);
}

/** Makes the parser for `args`. It throws `CommanderError`s and never exits. */
export async function makeProgram(
  args: readonly string[],
  io: Io,
  output: ParserOutput,
  run: Run,
): Promise<Command> {
  const program = new Command("medvfs");
  program
    .description("Medical images wherever they are: folders, PACS and XNAT, by URL.")
    .version(config.version, "--version", "print the version")
    .option("-q, --quiet", "no notes and no progress, only results and errors")
    .option(
      "--verbose",
      "log every operation, and print errors with their stack (as MEDVFS_DEBUG=1 does)",
    )
    .addOption(option("--concurrency <n>", "items at once (default: 4 to 16)", wholeNumber(1)))
    .addOption(
      option("--timeout <seconds>", "longest wait without progress (default: 60)", parseSeconds),
    )
    .option(
      "--insecure",
      "DANGEROUS: believe any certificate of xnat: and dicoms: servers; all can be read on the way, passwords too",
    )
    .addOption(
      option("--retries <n>", "tries after the first that fails (default: 3)", wholeNumber(0)),
    )
    .addHelpText("after", `\n${EXAMPLES}\n\n${PLACES}\n\n${EXIT_HELP}`)
    .helpCommand("help [command]", "print the help of a command");

  const names = namedIn(args, program.options);
  for (const command of await Promise.all(names.map((name) => COMMANDS[name]!(run)))) {
    program.addCommand(command);
  }
  for (const command of withCommandsBelow(program)) {
    if (command !== program) {
      // After a letter of the command, as in `-rq`, the parser does not look among those of the program.
      command
        .addOption(new Option("-q, --quiet").hideHelp())
        .on("option:quiet", () => program.setOptionValue("quiet", true));
    }
    command
      .helpOption(helpFlags(command), "print this help")
      .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
      .configureOutput({
        writeOut: output.out,
        writeErr: output.err,
        outputError: (text, write) => write(complaint(text, command)),
        getOutHelpWidth: () => io.stdout.columns,
        getErrHelpWidth: () => io.stderr.columns,
        // Otherwise the parser reads the environment, which takes a permission.
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      })
      .exitOverride();
  }
  return program;
}

/** `-h` as well, where it means nothing else, such as sizes for people. */
function helpFlags({ options }: Command): string {
  return options.some(({ short }) => short === "-h") ? "--help" : "-h, --help";
}

function complaint(text: string, command: Command): string {
  const name = command.parent ? `medvfs ${fullName(command)}` : "medvfs";
  const reason = withoutCredentials(text.replace(/^error: /, "").trimEnd());
  // As `find -name`, which the parser takes for letters.
  const long = /^unknown option '(-[a-z-]+)'$/.exec(reason)?.[1];
  const meant = command.options.find((option) => option.long === `-${long}`)?.long;
  const guess = meant === undefined ? "" : `\n(Did you mean ${meant}?)`;
  return `${name}: ${reason}${guess}\nTry "${name} --help"\n`;
}

const EXAMPLES = `Examples:
  # What is in this folder, file by file
  medvfs tree --info /data/study

  # All MR images of one patient, copied
  medvfs find -0 /data --modality MR --patient 'PHANTOM*' | medvfs cp -0 --from-file - /backup/`;

const PLACES =
  `Places are URLs such as file:///data, or plain paths. "medvfs schemes" lists the schemes.
Where places are read, several can be given, also in a list (--from-file), and in quotes *, **, ?,
[a-z] and {a,b} stand for what is there, on any scheme. A zip or tar is taken as the folder it holds
by what walks; zip?PATTERN is what matches in it.
Output shows them as they were typed, and what is in a zip or tar as a URL, so that it can be given
to the next command.`;
