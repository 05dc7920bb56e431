/** `medvfs cp`. @module */

import { VfsError } from "../../vfs/errors.ts";
import { type CommandSpec, option, SHARED } from "../command.ts";
import { destinationOf, noteFolder } from "../destination.ts";
import { foundIn, partsOf } from "../each_seen.ts";
import { TransferRun } from "../transfer.ts";

interface CpOptions {
  readonly recursive?: boolean;
  readonly clobber: boolean;
  readonly follow?: boolean;
  readonly v?: boolean;
  readonly json?: boolean;
}

/** Copies files and directories. */
export const cp: CommandSpec<CpOptions> = {
  name: "cp",
  summary: "copy files, and directories with -r, between any two places",
  operands: "<source...> <destination>",
  sources: "but last",
  changes: ({ recursive }) => recursive ? "into" : "last",
  details:
    `The last place is the destination. If it is a directory, ends with a slash, or there are several sources,
copies go into it; otherwise it is the name of the copy. Files that are there are replaced. A file appears under its
name when it is complete and verified, never before. Links are skipped unless -L is given.`,
  options: [
    option("-r, --recursive", "directories with all below them"),
    option("-n, --no-clobber", "leave files that are there"),
    option("-f, --force", "replace files that are there, as without it"),
    SHARED.follow(),
    option("-v", "name what is copied"),
    SHARED.json(),
  ],
  examples: [
    ["cp -r /data/study /backup/", "a study into a folder"],
    ["cp -r dicom://pacs.example.org:104/ARCHIVE/PAT1 ./pat1", "a patient from a PACS"],
    ["cp -rn /data/study xnat://xnat.example.org/BRAIN/S1/E1/1/DICOM/", "what is not there yet"],
  ],
  async run(context, operands, { recursive, clobber, follow, v, json }) {
    const { vfs, signal } = context;
    const { sources, target, route, showTarget } = await destinationOf(context, operands);
    const run = new TransferRun(context, "copied", { verbose: v, json, showTarget });
    for (const [part, isLast] of partsOf(sources)) {
      const infos = await vfs.statEach(part, { signal });
      const places = await run.sift(part, async (source, at) => {
        const info = foundIn(infos, at);
        if (info.kind === "directory" && !recursive) {
          throw new VfsError("IsADirectory", { op: "copy", url: source.location.href });
        }
        const to = target(source);
        if (info.kind === "directory") await noteFolder(context, to);
        return info;
      });
      const { from, to } = route(places);
      const existing = clobber ? "replace" : "skip";
      await run.transfer(
        [...places.keys()],
        (options) => vfs.copy(from, to, { ...options, existing, followSymlinks: follow }),
        { isLast },
      );
    }
    run.finish();
  },
};
