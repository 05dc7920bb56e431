/** `medvfs mv`. @module */

import { isNotFound } from "../../vfs/errors.ts";
import { type CommandSpec, option, SHARED } from "../command.ts";
import { destinationOf } from "../destination.ts";
import { foundIn, partsOf } from "../each_seen.ts";
import { TransferRun } from "../transfer.ts";

interface MvOptions {
  readonly clobber: boolean;
  readonly v?: boolean;
  readonly json?: boolean;
}

/** Moves files and directories. */
export const mv: CommandSpec<MvOptions> = {
  name: "mv",
  summary: "move or rename files and directories, also between servers",
  operands: "<source...> <destination>",
  sources: "but last",
  changes: () => "all",
  details:
    `The last place is the destination, as for cp. Between servers each file is removed once its copy is
verified; of a PACS no more is known than that it said it has stored the file. A file that is there is replaced; a
directory that is there is an error.`,
  options: [
    option("-n, --no-clobber", "leave files that are there"),
    option("-f, --force", "replace files that are there, as without it"),
    option("-v", "name what is moved"),
    SHARED.json(),
  ],
  examples: [
    ["mv /data/a.dcm /data/b.dcm", "another name"],
    ["mv /incoming/* /data/study/", "into a folder"],
  ],
  async run(context, operands, { clobber, v, json }) {
    const { vfs, signal } = context;
    const { sources, target, route, showTarget } = await destinationOf(context, operands);
    const run = new TransferRun(context, "moved", { verbose: v, json, showTarget });
    for (const [part, isLast] of partsOf(sources)) {
      const infos = await vfs.statEach(part, { signal });
      const places = await run.sift(part, async (source, at) => {
        const to = target(source);
        const seen = infos[at]!;
        // A link that leads nowhere is moved itself.
        const info = seen.status === "rejected" && isNotFound(seen.reason)
          ? await vfs.stat(source.where, { signal, followSymlinks: false })
          : foundIn(infos, at);
        const isThere = await vfs.exists(to, { signal });
        // A directory moves in one go only where it need not look for what to replace.
        const replace = isThere && info.kind !== "directory";
        const existing = !isThere ? "error" : !clobber ? "skip" : replace ? "replace" : "error";
        return { info, existing } as const;
      });
      const groups = [...Map.groupBy(places, ([, { existing }]) => existing)];
      for (const [i, [existing, those]] of groups.entries()) {
        const { from, to } = route(new Map(those.map(([place, { info }]) => [place, info])));
        await run.transfer(
          those.map(([place]) => place),
          (options) => vfs.move(from, to, { ...options, existing }),
          { isLast: isLast && i === groups.length - 1 },
        );
      }
    }
    run.finish();
  },
};
