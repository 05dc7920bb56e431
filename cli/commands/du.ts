/** `medvfs du`. @module */

import { type CommandSpec, option, SHARED, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { eachSeen } from "../each_seen.ts";
import { counted, sizeText } from "../format.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { Info } from "../../vfs/transport.ts";
import type { Operand } from "../operand.ts";

interface DuOptions {
  readonly summarize?: boolean;
  readonly human?: boolean;
  readonly depth?: number;
  readonly json?: boolean;
}

/** Adds up sizes. */
export const du: CommandSpec<DuOptions> = {
  name: "du",
  summary: "add up the sizes of files, per directory",
  operands: "[url...]",
  sources: "all",
  details:
    `Sizes are those of the content, in bytes, not of the blocks on disk. Links count nothing. Where a server
tells no size of a file, that is noted; "-" is where none is known.`,
  options: [
    option("-s, --summarize", "only the total of each place"),
    SHARED.human(),
    option("-d, --depth <n>", "totals no deeper than this", wholeNumber(0)),
    SHARED.json(),
  ],
  examples: [
    ["du -sh /data/*", "how large each folder is"],
    ["du -h -d 1 xnat://xnat.example.org/BRAIN", "the subjects of a project"],
  ],
  async run(context, operands, options) {
    const places = operands.length > 0 ? operands : ["."];
    const depth = options.summarize ? 0 : options.depth ?? Infinity;
    await eachSeen(
      context,
      places,
      (place, info) => addUp(context, place, info, { ...options, depth }),
    );
  },
};

interface Total {
  readonly location: Location;
  size: number;
  files: number;
  /** Files whose size nobody told. */
  unknown: number;
}

async function addUp(
  context: Context,
  top: Operand,
  listed: Info,
  { depth, human, json }: DuOptions & { depth: number },
): Promise<void> {
  const { console, vfs, signal } = context;
  const print = ({ location, files, unknown, ...total }: Total) => {
    const url = location.href;
    // Where no size is known, 0 would be an answer, and a wrong one.
    const size = files > 0 && unknown === files ? undefined : total.size;
    if (json) console.json({ ...top.pathField(location), url, size, files, unknown });
    else console.line(`${sizeText(size, human)}\t${console.safe(top.show(location))}`);
  };
  if (listed.kind !== "directory") {
    const info = listed.size === undefined ? await vfs.stat(top.where, { signal }) : listed;
    const unknown = info.size === undefined ? 1 : 0;
    return print({ location: top.location, size: info.size ?? 0, files: 1, unknown });
  }
  const open: Total[] = [];
  let unknown = 0;
  const close = () => {
    const total = open.pop()!;
    if (open.length === 0) unknown = total.unknown;
    const above = open.at(-1);
    if (above) {
      above.size += total.size;
      above.files += total.files;
      above.unknown += total.unknown;
    }
    if (open.length <= depth) print(total);
  };
  const steps = vfs.walk(top.where, {
    signal,
    detail: true,
    concurrency: context.global.concurrency,
    prunes: false,
    onError: context.skipUnlisted(top),
  });
  for await (const [root, , files] of steps) {
    const { location } = parseLocation(root);
    while (open.length > 0 && !open.at(-1)!.location.contains(location)) close();
    const total: Total = { location, size: 0, files: 0, unknown: 0 };
    open.push(total);
    for (const file of files) {
      if (file.isSymlink) continue;
      total.files++;
      total.size += file.size ?? 0;
      if (file.size === undefined) total.unknown++;
    }
    await console.drain();
  }
  while (open.length > 0) close();
  if (unknown > 0) {
    context.note(`${top.show()}: without ${counted(unknown, "file")} of unknown size`);
  }
}
