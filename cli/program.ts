/**
 * All commands, and the options that every one of them has.
 *
 * @module
 */

import { Command } from "commander";
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
import { browse } from "./commands/browse.ts";
import { cat } from "./commands/cat.ts";
import { check } from "./commands/check.ts";
import { completion } from "./commands/completion.ts";
import { cp } from "./commands/cp.ts";
import { du } from "./commands/du.ts";
import { dump } from "./commands/dump.ts";
import { echo } from "./commands/echo.ts";
import { find } from "./commands/find.ts";
import { hash } from "./commands/hash.ts";
import { info } from "./commands/info.ts";
import { label } from "./commands/label/mod.ts";
import { labelServer } from "./commands/label_server.ts";
import { login } from "./commands/login.ts";
import { logout } from "./commands/logout.ts";
import { ls } from "./commands/ls.ts";
import { mkdir } from "./commands/mkdir.ts";
import { mv } from "./commands/mv.ts";
import { peers } from "./commands/peers.ts";
import { rm } from "./commands/rm.ts";
import { schemes } from "./commands/schemes.ts";
import { serveDicom } from "./commands/serve_dicom.ts";
import { serveXnat } from "./commands/serve_xnat.ts";
import { show } from "./commands/show.ts";
import { stat } from "./commands/stat.ts";
import { sync } from "./commands/sync.ts";
import { tree } from "./commands/tree.ts";
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

/** Makes the parser. It throws `CommanderError`s and never exits. */
export function makeProgram(io: Io, output: ParserOutput, run: Run): Command {
  const program = new Command("medvfs");
  program
    .description("Medical images wherever they are: folders, PACS and XNAT, by URL.")
    .version(config.version, "--version", "print the version")
    .option("-q, --quiet", "no notes and no progress, only results and errors")
    .option(
      "--verbose",
      "log every operation, and print errors with their stack (as MEDVFS_DEBUG=1 does)",
    )
    .addOption(option("--concurrency <n>", "items at once", wholeNumber(1)))
    .addOption(option("--timeout <seconds>", "longest wait without progress", parseSeconds))
    .option(
      "--insecure",
      "DANGEROUS: believe any certificate of xnat: and dicoms: servers; all can be read on the way, passwords too",
    )
    .addOption(option("--retries <n>", "tries after the first that fails", wholeNumber(0)))
    .addHelpText("after", `\n${EXAMPLES}\n\n${PLACES}\n\n${EXIT_HELP}`)
    .helpCommand("help [command]", "print the help of a command");

  const onPlaces = <O>(spec: CommandSpec<O>) => {
    const command = toCommand(spec, run);
    for (const flag of dicomFlags()) command.addOption(flag);
    program.addCommand(command);
  };
  onPlaces(ls);
  onPlaces(tree);
  onPlaces(info);
  onPlaces(stat);
  onPlaces(find);
  onPlaces(du);
  onPlaces(cat);
  onPlaces(dump);
  onPlaces(show);
  onPlaces(browse);
  onPlaces(hash);
  onPlaces(cp);
  onPlaces(mv);
  onPlaces(sync);
  onPlaces(check);
  onPlaces(rm);
  onPlaces(mkdir);
  onPlaces(echo);
  program.addCommand(toCommand(peers, run));
  program.addCommand(toGroup(label, run));
  program.addCommand(toCommand(labelServer, run));
  program.addCommand(toCommand(login, run));
  program.addCommand(toCommand(logout, run));
  program.addCommand(toCommand(serveDicom, run));
  program.addCommand(toCommand(serveXnat, run));
  program.addCommand(toCommand(schemes, run));
  program.addCommand(toCommand(completion, run));

  for (const command of withCommandsBelow(program)) {
    command
      .helpOption("--help", "print this help")
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

function complaint(text: string, command: Command): string {
  const name = command.parent ? `medvfs ${fullName(command)}` : "medvfs";
  const reason = withoutCredentials(text.replace(/^error: /, "").trimEnd());
  return `${name}: ${reason}\nTry "${name} --help"\n`;
}

const EXAMPLES = `Examples:
  # What is in this folder, file by file
  medvfs tree --info /data/study

  # All MR images of one patient, copied
  medvfs find /data --modality MR --patient 'PHANTOM*'
  medvfs cp -r /data/study /backup/`;

const PLACES =
  `Places are URLs such as file:///data, or plain paths. "medvfs schemes" lists the schemes.
Where places are read, several can be given, also in a list (--from-file), and in quotes *, **, ?,
[a-z] and {a,b} stand for what is there, on any scheme. A zip or tar is taken as the folder it holds
by what walks; zip?PATTERN is what matches in it.
Output shows them as they were typed, so that it can be given to the next command.`;
