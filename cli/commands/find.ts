/** `medvfs find`. @module */

import type { DicomHeader } from "../../formats/mod.ts";
import type { Entry } from "../../vfs/entry.ts";
import type { Location } from "../../vfs/location/location.ts";
import { type CommandSpec, option, repeatable, SHARED } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT, UsageError } from "../exit_code.ts";
import { archiveQuery, isArchive, type Search } from "../find/archive_query.ts";
import {
  depthOf,
  entryTest,
  type EntryTestOptions,
  parseNewer,
  parseSize,
  parseType,
} from "../find/entry_filter.ts";
import {
  headerTest,
  type HeaderTestOptions,
  parseDates,
  parseTagTest,
} from "../find/header_filter.ts";
import { FileTest, isOtherFile } from "../find/file_test.ts";
import { Operand } from "../operand.ts";
import { inOrder } from "../ordered.ts";
import { entryRecord } from "../record.ts";
import { expanded, hasWildcard } from "../sources.ts";

interface FindOptions extends EntryTestOptions, HeaderTestOptions {
  readonly follow?: boolean;
  readonly info?: boolean;
  readonly print0?: boolean;
  readonly json?: boolean;
}

/** Looks for files and directories. */
export const find: CommandSpec<FindOptions> = {
  name: "find",
  summary: "find files by name, size, date and DICOM header",
  operands: "[url...] [pattern]",
  sources: "own",
  details:
    `All tests must hold. What lies in several of the places is found once. A pattern with a slash is for the path
below its place, with ** for any depth; one without is for the name, at any depth, as --name. The last of several
operands is a pattern when it has a wildcard, or no directory or archive has that name, unless it begins like a URL or with a slash
or a dot. Tests of the header look at DICOM files only, and read no more of
them than the header; of files that an XNAT has imported one of each series, unless --tag asks for more; * and ? stand for any characters, case does not count. Finding nothing is no error. Damaged
files are named on stderr, and the exit code is 4, as it is where --size or --newer asks for what a server does not
tell. A DICOM archive is asked for the patient, date, modality, accession number and common attributes, and no file is
read for these; whether case counts is up to it. Its directories are patients, '*/*' studies and '*/*/*' series: --type d
finds them by what it lists. It is asked for no more than a pattern with so many slashes needs.`,
  options: [
    option("--name <glob>", "the name"),
    option("--type <kind>", "f a file, d a directory, l a link", parseType),
    option(
      "--size <size>",
      "the size: +10M above, -10k below, 132 exactly (k, M, G: 1000s)",
      parseSize,
    ),
    option(
      "--newer <when>",
      "changed since a date such as 2024-01-31, or in the last 12h or 7d",
      parseNewer,
    ),
    option("--modality <glob>", "Modality, such as MR"),
    option("--patient <glob>", "PatientID or PatientName"),
    option(
      "--study-date <dates>",
      "StudyDate: 20190101, a range 20190101-20191231, or in the last 7d",
      parseDates,
    ),
    option("--series <glob>", "SeriesDescription, SeriesNumber or SeriesInstanceUID"),
    option("--study <glob>", "StudyDescription, StudyID or StudyInstanceUID"),
    option("--accession <glob>", "AccessionNumber"),
    repeatable(
      "--tag <name=glob>",
      "any attribute, by keyword or tag; may be repeated",
      parseTagTest,
    ),
    SHARED.follow(),
    option("--info", "with a line on what each file is"),
    option("-0, --print0", "names end with a NUL, for xargs -0"),
    SHARED.json(),
  ],
  examples: [
    ["find /data '*.nii.gz' --size +10M", "large NIfTI files"],
    ["find /data --modality MR --patient 'PHANTOM*' --info", "MR images of phantoms"],
    ["find dicom://pacs --study-date 20240615 --modality CT --type d '*/*'", "that day's studies"],
    ["find /data --tag MagneticFieldStrength=3 --study-date 20190101-", "3 T, since 2019"],
    ["find -0 /data --type f '2019/**/t1*' | xargs -0 medvfs hash", "for another command"],
  ],
  async run(context, operands, options) {
    if (options.print0 && options.json) {
      throw new UsageError("Cannot print both NULs and JSON: give one of -0 and --json");
    }
    const { places, pattern } = await splitOperands(context, operands);
    const tops: Operand[] = [];
    for (const place of places) {
      await context.guard(async () => {
        const top = new Operand(place);
        // The others are looked through all the same.
        if (places.length > 1) await checkPlace(context, top.where);
        tops.push(top);
      });
    }
    const others = tops.filter((top) => !isArchive(top));
    if (others.length > 0) {
      if (options.type === "directory" && await headerTest(options)) {
        throw new UsageError(
          "Cannot test headers of directories: only files have one, so leave out --type d",
        );
      }
      await search(context, [{ tops: others, isNew: () => true }], options, options, pattern);
    }
    for (const top of tops.filter(isArchive)) {
      const { searches, rest } = archiveQuery(top, options);
      await search(context, searches, options, rest, pattern);
    }
  },
};

/** Places, and after them a pattern: what has a wildcard, or names no directory, and does not begin like a place. */
async function splitOperands(
  context: Context,
  operands: readonly string[],
): Promise<{ readonly places: readonly string[]; readonly pattern?: string }> {
  const last = operands.at(-1);
  const isPattern = last !== undefined && operands.length > 1 &&
    !/^(?:[a-z][a-z0-9+.-]+:|\.{0,2}\/|\.{1,2}$)/i.test(last) &&
    (hasWildcard(last) || !await isPlace(context, last));
  const named = isPattern ? operands.slice(0, -1) : operands;
  const places = named.length === 0 ? ["."] : await expanded(context, named);
  return isPattern ? { places, pattern: last } : { places };
}

/** Whether something to look through has that name. */
async function isPlace({ vfs, signal }: Context, name: string): Promise<boolean> {
  const isArchive = vfs.registry.archiveScheme(new Operand(name).location.name) !== undefined;
  return await vfs.isDirectory(name, { signal }) || isArchive && await vfs.isFile(name, { signal });
}

/** @throws where nothing is, or what cannot be looked through */
async function checkPlace({ vfs, signal }: Context, where: string): Promise<void> {
  const { kind } = await vfs.stat(where, { signal });
  if (kind !== "file") return;
  for await (const _ of vfs.entries(where, { signal, maxDepth: 1 })) return;
}

/** Prints what is found. */
async function search(
  context: Context,
  searches: readonly Search[],
  options: FindOptions,
  rest: HeaderTestOptions,
  pattern: string | undefined,
): Promise<void> {
  const { console } = context;
  const test = await headerTest(rest);
  const files = test && new FileTest({
    vfs: context.vfs,
    test,
    signal: context.signal,
    onHeader: (entry, header) => tellDamage(context, entry, header),
  });
  // Directories have no header, and so are not what a test of it looks for.
  const isAsked = !files && await headerTest(options) !== undefined;
  const wanted = isAsked && !options.type ? { ...options, type: "file" as const } : options;
  const examined = inOrder(
    candidatesIn(context, searches, pattern, wanted),
    context.concurrency(16),
    ([entry]) => examine(context, entry, files, options),
  );
  for await (const [[entry, top], found] of examined) {
    if (found === undefined) continue;
    context.countDone();
    const path = top.show(entry.location);
    const { description } = found;
    if (options.json) console.json({ ...entryRecord(entry, top), description });
    else if (options.print0) console.text(`${path}\0`);
    else {
      const name = console.safe(path);
      console.line(description === undefined ? name : `${name}: ${console.safe(description)}`);
    }
    await console.drain();
  }
}

/** What all tests but those of the header let pass, with the place that it was found in. */
async function* candidatesIn(
  context: Context,
  searches: readonly Search[],
  pattern: string | undefined,
  options: FindOptions,
): AsyncGenerator<readonly [Entry, Operand]> {
  const { vfs, signal } = context;
  let unknown = 0;
  for (const { tops, isNew } of searches) {
    const [first] = tops as [Operand, ...Operand[]];
    const byPlace = new Map(tops.map((top) => [keyOf(top.location), top]));
    const tests = new Map<Operand, (entry: Entry) => boolean>();
    const entries = vfs.entries(tops.length === 1 ? first.where : tops.map(({ where }) => where), {
      signal,
      followSymlinks: options.follow,
      detail: Boolean(options.size || options.newer || options.json),
      concurrency: context.global.concurrency,
      // An archive is asked directory by directory; others may list all at once.
      maxDepth: isArchive(first) ? depthOf(pattern) : undefined,
      onError: context.skipUnlisted(...tops),
    });
    for await (const entry of entries) {
      const top = tops.length === 1 ? first : topOf(entry, byPlace) ?? first;
      const passes = tests.get(top) ?? entryTest(top.location, pattern, options, () => unknown++);
      tests.set(top, passes);
      if (passes(entry) && isNew(entry)) yield [entry, top];
    }
  }
  if (unknown === 0) return;
  const what = [options.size && "size", options.newer && "time of change"].filter(Boolean);
  context.console.warning(
    `medvfs find: ${unknown} left out, whose ${what.join(" or ")} is not told`,
  );
  context.count(EXIT.partial);
}

/** The innermost place that an entry is in. */
function topOf(
  { location }: Entry,
  byPlace: ReadonlyMap<string, Operand>,
): Operand | undefined {
  for (let up: Location | undefined = location; up; up = up.parent()) {
    const top = byPlace.get(keyOf(up));
    if (top) return top;
  }
  return undefined;
}

function keyOf({ origin, segments }: Location): string {
  return JSON.stringify([origin, ...segments]);
}

/** The description of an entry whose header passes; `undefined` for any other. */
async function examine(
  context: Context,
  entry: Entry,
  files: FileTest | undefined,
  options: FindOptions,
): Promise<{ readonly description?: string } | undefined> {
  const { vfs, signal } = context;
  const isFile = entry.isFile || Boolean(options.follow) && entry.target === "file";
  // Directories are there for what is in them, unless they are what is asked for.
  const isDirectory = options.type === "directory";
  try {
    if (
      files && !await (isFile ? files.passes(entry) : isDirectory && files.passesDirectory(entry))
    ) return undefined;
    if (!options.info) return {};
    return { description: isFile ? await vfs.info(entry.location, { signal }) : entry.label };
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(files && isOtherFile(error))) {
      context.fail(error);
      // Others could be examined, or the walk would have failed.
      context.countDone();
    }
    return undefined;
  }
}

function tellDamage(context: Context, { url }: Entry, { damage }: DicomHeader): void {
  if (!damage) return;
  const { console } = context;
  console.warning(`medvfs find: "${url}" is damaged: ${damage.text} at byte ${damage.position}`);
  context.count(EXIT.partial);
}
