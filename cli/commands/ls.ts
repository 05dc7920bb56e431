/** `medvfs ls`. @module */

import type { Entry } from "../../vfs/entry.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { type CommandSpec, option, SHARED } from "../command.ts";
import type { Context } from "../context.ts";
import { foundIn, partsOf } from "../each_seen.ts";
import { dateText, kindText, sizeText, table } from "../format.ts";
import { Operand } from "../operand.ts";
import { entryRecord, infoRecord } from "../record.ts";

interface LsOptions {
  readonly directory?: boolean;
  readonly long?: boolean;
  readonly human?: boolean;
  readonly recursive?: boolean;
  readonly json?: boolean;
}

/** Lists directories. */
export const ls: CommandSpec<LsOptions> = {
  name: "ls",
  summary: "list what is in directories",
  operands: "[url...]",
  sources: "all",
  details:
    `Names come sorted, numerically where all of a directory are numbers. Names that begin with a dot are
listed too. A zip or a tar is listed as a directory. With -l: size in bytes, time of change, kind, name; "-" is what the server did not tell.`,
  options: [
    option("-l, --long", "with size, time and kind"),
    SHARED.human(),
    option("-R, --recursive", "with all directories below"),
    option("-d, --directory", "directories and archives themselves, and not what is in them"),
    option("-a, --all", "no change: names with a leading dot are always listed"),
    SHARED.json(),
  ],
  examples: [
    ["ls -lh /data/study", "a folder, with sizes for people"],
    ["ls -R --json xnat://xnat.example.org/BRAIN", "all below a project, for a program"],
  ],
  async run(context, operands, options) {
    const places = operands.length > 0 ? operands : ["."];
    const directories: Listed[] = [];
    const files: Row[] = [];
    const { signal } = context;
    // A listing that tells of many files at once need not tell their times.
    const detail = options.long || options.json;
    const look = async (place: Operand, info: Info) => {
      const isDirectory = info.kind === "directory";
      const isListed = !options.directory && (isDirectory || await isWalked(context, place));
      if (isListed) directories.push({ top: place, isArchive: !isDirectory });
      else if (options.json) {
        const name = place.location.name;
        const url = place.location.href;
        context.console.json({ name, ...place.pathField(), url, ...infoRecord(info) });
      } else files.push({ name: place.show(), kind: info.kind, info });
      if (!isListed) context.countDone();
    };
    for (const [part] of partsOf(places)) {
      const infos = await context.vfs.statEach(part, { signal, detail });
      for (const [at, place] of part.entries()) {
        await context.guard(() => look(new Operand(place), foundIn(infos, at)));
      }
    }
    printRows(context, files, options);
    const listing = new Listing(context, options, files.length > 0);
    const titled = options.recursive || places.length > 1;
    for (const directory of directories) {
      await context.attempt(() => listing.print(directory, Boolean(titled)));
    }
  },
};

type Row = Pick<Entry, "name" | "kind" | "info" | "label">;

/** What is listed. */
interface Listed {
  readonly top: Operand;
  readonly isArchive: boolean;
}

class Listing {
  #isFirst: boolean;

  constructor(
    readonly context: Context,
    readonly options: LsOptions,
    isContinued: boolean,
  ) {
    this.#isFirst = !isContinued;
  }

  async print({ top, isArchive }: Listed, titled: boolean): Promise<void> {
    const { context, options } = this;
    const { vfs, signal } = context;
    const detail = options.long || options.json;
    if (!options.recursive) {
      const entries: Entry[] = [];
      const all = isArchive
        ? vfs.entries(top.where, { detail, signal, maxDepth: 1 })
        : vfs.readDir(top.where, { detail, signal });
      for await (const entry of all) entries.push(entry);
      return await this.#step(top, titled ? top.show() : undefined, sortByName(entries));
    }
    const steps = vfs.walk(top.where, {
      detail,
      signal,
      concurrency: context.global.concurrency,
      prunes: false,
      onError: context.skipUnlisted(top),
    });
    for await (const [root, dirs, files] of steps) {
      await this.#step(top, top.showUrl(root), sortByName([...dirs, ...files]));
    }
  }

  async #step(top: Operand, title: string | undefined, entries: readonly Entry[]): Promise<void> {
    const { console } = this.context;
    if (this.options.json) {
      for (const entry of entries) console.json(entryRecord(entry, top));
    } else {
      if (title !== undefined) console.line(`${this.#isFirst ? "" : "\n"}${console.safe(title)}:`);
      this.#isFirst = false;
      printRows(this.context, entries, this.options);
    }
    await console.drain();
  }
}

/** Whether a file can be walked into. */
async function isWalked({ vfs, signal }: Context, { where }: Operand): Promise<boolean> {
  try {
    for await (const _ of vfs.walk(where, { signal, maxDepth: 1 })) return true;
    return true;
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotADirectory") return false;
    throw error;
  }
}

function printRows(
  { console }: Context,
  rows: readonly Row[],
  { long, human }: LsOptions,
): void {
  const names = rows.map((row) => {
    const name = console.safe(row.name);
    return row.kind === "directory"
      ? console.paint(name, "blue")
      : row.kind === "symlink"
      ? console.paint(name, "cyan")
      : name;
  });
  if (!long) return names.forEach((name) => console.line(name));
  const cells = rows.map(({ kind, info, label }, i) => [
    sizeText(kind === "directory" ? undefined : info?.size, human),
    dateText(info?.mtime),
    kindText(kind),
    label === undefined ? names[i]! : `${names[i]} (${console.safe(label)})`,
  ]);
  for (const line of table(cells, [0])) console.line(line);
}
