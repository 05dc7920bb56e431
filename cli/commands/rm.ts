/** `medvfs rm`. @module */

import { isNotFound } from "../../vfs/errors.ts";
import { type CommandSpec, option, SHARED } from "../command.ts";
import { UsageError } from "../exit_code.ts";
import type { Operand } from "../operand.ts";
import { TransferRun } from "../transfer.ts";

interface RmOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly v?: boolean;
  readonly json?: boolean;
}

/** Removes files and directories. */
export const rm: CommandSpec<RmOptions> = {
  name: "rm",
  summary: "remove files, and directories with -r",
  operands: "<url...>",
  sources: "names",
  changes: () => "all",
  details:
    `It does not ask. Empty directories go without -r too. Links are removed, never what they lead to. The root
of a disk or server and "." are refused.`,
  options: [
    option("-r, --recursive", "directories with all below them"),
    option("-f, --force", "no complaint about what is not there"),
    option("-v", "name what is removed"),
    SHARED.json(),
  ],
  examples: [
    ["rm /data/old.dcm", "a file"],
    ["rm -rf /data/scratch", "a folder, if it is there"],
  ],
  async run(context, operands, { recursive, force, v, json }) {
    const run = new TransferRun(context, "removed", { verbose: v, json });
    const sound = await run.sift(operands, (place) => Promise.try(() => refuseRoots(place)));
    const places = [...sound.keys()];
    await run.transfer(
      places,
      (options) => context.vfs.remove(places.map(({ where }) => where), { ...options, recursive }),
      { ignores: (error) => force === true && isNotFound(error) },
    );
    run.finish();
  },
};

function refuseRoots(operand: Operand): void {
  const { segments } = operand.location;
  const isDrive = segments.length === 1 && /^[A-Za-z]:$/.test(segments[0]!);
  if (segments.length === 0 || isDrive || operand.endsInDots) {
    throw new UsageError(`Cannot remove "${operand.show()}": refused, it is too much at once`);
  }
}
