/**
 * The options that `sync` and `check` share.
 *
 * @module
 */

import type { Option } from "commander";
import type { Entry } from "../vfs/entry.ts";
import type { Location } from "../vfs/location/location.ts";
import type { CompareOptions } from "../vfs/sync/options.ts";
import { option, repeatable, SHARED } from "./command.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { archiveQuery, isArchive } from "./find/archive_query.ts";
import { FileTest, isOtherFile, placeAround } from "./find/file_test.ts";
import {
  headerTest,
  type HeaderTestOptions,
  parseDates,
  parseTagTest,
} from "./find/header_filter.ts";
import { globPattern } from "./glob_pattern.ts";
import type { Operand } from "./operand.ts";

/** What was given. */
export interface SyncFlags extends HeaderTestOptions {
  readonly checksum?: boolean;
  readonly sizeOnly?: boolean;
  readonly match?: readonly RegExp[];
  readonly skip?: readonly RegExp[];
  readonly follow?: boolean;
  readonly v?: boolean;
  readonly json?: boolean;
}

/** The options, for the parser. */
export function syncFlags(): Option[] {
  return [
    option("--checksum", "compare by digest, reading what no server tells"),
    option("--size-only", "compare by size alone"),
    repeatable("--match <glob>", "only files like this; may be repeated", globPattern),
    repeatable("--skip <glob>", "no files or directories like this; may be repeated", globPattern),
    option("--modality <glob>", "only DICOM files with this Modality"),
    option("--patient <glob>", "with this PatientID or PatientName"),
    option("--study-date <dates>", "with this StudyDate: 20190101, or 20190101-", parseDates),
    option("--series <glob>", "with this SeriesDescription, SeriesNumber or SeriesInstanceUID"),
    option("--study <glob>", "with this StudyDescription, StudyID or StudyInstanceUID"),
    option("--accession <glob>", "with this AccessionNumber"),
    repeatable("--tag <name=glob>", "with this value of any attribute", parseTagTest),
    SHARED.follow(),
    option("-v", "name what is the same, too"),
    SHARED.json(),
  ];
}

/** Where to look, and which files take part. */
interface Comparison {
  /** The places, with what archives among them are asked for. */
  readonly where: string | readonly string[];
  readonly options: CompareOptions;
}

/** One of the places. */
interface Place {
  readonly where: string;
  readonly location: Location;
  /** Directories that are not looked into, by path below it. */
  readonly skip?: RegExp;
  /** What it does not answer by itself. */
  readonly test?: FileTest;
}

/** The comparison of one place, or of several that go into one. */
export async function comparisonOf(
  context: Context,
  sources: readonly Operand[],
  flags: SyncFlags,
): Promise<Comparison> {
  const { checksum, sizeOnly, match, follow } = flags;
  if (checksum && sizeOnly) {
    throw new UsageError("Cannot compare in two ways: give one of --checksum and --size-only");
  }
  const isAlone = sources.length === 1;
  const places = await Promise.all(
    sources.map((source) => placeOf(context, source, flags, isAlone)),
  );
  const [first] = places as [Place, ...Place[]];
  // What is at the destination is asked all.
  const test = await fileTest(context, flags);
  const where = test && (async (entry: Entry) => {
    const place = placeAround(places, entry.location);
    const asked = place ? place.test : test;
    try {
      return await asked?.passes(entry) ?? true;
    } catch (error) {
      if (isOtherFile(error)) return false;
      throw error;
    }
  });
  const isAsked = places.some((place) => place.test);
  const { skip = [] } = flags;
  return {
    where: isAlone ? first.where : places.map(({ where }) => where),
    options: {
      compare: checksum ? "checksum" : sizeOnly ? "size" : "auto",
      match,
      skip: first.skip && isAlone ? [...skip, first.skip] : flags.skip,
      followSymlinks: follow,
      where: isAsked ? where : undefined,
    },
  };
}

async function placeOf(
  context: Context,
  source: Operand,
  flags: SyncFlags,
  isAlone: boolean,
): Promise<Place> {
  const { where, location } = source;
  if (!isArchive(source)) return { where, location, test: await fileTest(context, flags) };
  const { patient, ...others } = flags;
  const { searches, rest } = archiveQuery(source, others);
  const asked = { where: searches[0]!.tops[0]!.where, location };
  if (patient === undefined) return { ...asked, test: await fileTest(context, rest) };
  const isWhole = location.segments.length === 1;
  const found = isWhole ? await patientsOf(context, source, flags) : undefined;
  if (found && isAlone) {
    return { ...asked, skip: allBut(found.names), test: await fileTest(context, rest) };
  }
  // One question that finds all of them keeps a walk to them; else each study is asked about.
  return found?.where === undefined
    ? { ...asked, test: await fileTest(context, { ...rest, patient }) }
    : { where: found.where, location, test: await fileTest(context, rest) };
}

async function fileTest(
  { vfs, signal }: Context,
  options: HeaderTestOptions,
): Promise<FileTest | undefined> {
  const test = await headerTest(options);
  return test && new FileTest({ vfs, test, signal });
}

/** The patients that an archive finds by PatientID or PatientName, and what finds them all by one of these, if any. */
async function patientsOf(
  { vfs, signal }: Context,
  source: Operand,
  flags: SyncFlags,
): Promise<{ readonly names: ReadonlySet<string>; readonly where?: string }> {
  const names = new Set<string>();
  const searches: { readonly where: string; readonly count: number }[] = [];
  for (const { tops: [top] } of archiveQuery(source, flags).searches) {
    let count = 0;
    for await (const { name, isDirectory } of vfs.readDir(top!.where, { signal })) {
      if (!isDirectory || name.startsWith(".")) continue;
      names.add(name);
      count++;
    }
    searches.push({ where: top!.where, count });
  }
  return { names, where: searches.find(({ count }) => count === names.size)?.where };
}

/** What matches the paths of all directories but these, and of what is in them. */
function allBut(names: ReadonlySet<string>): RegExp {
  const found = [...names].map((name) => RegExp.escape(name)).join("|");
  return new RegExp(`^(?!(?:${found || "(?!)"})(?:/|$))`);
}
