/**
 * The options that `sync` and `check` share.
 *
 * @module
 */

import type { Option } from "commander";
import { isVfsError } from "../vfs/errors.ts";
import type { CompareOptions } from "../vfs/sync/options.ts";
import { option, repeatable, SHARED } from "./command.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { archiveQuery, isArchive } from "./find/archive_query.ts";
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

/** The comparison of one place, or of several that go into one. */
export async function comparisonOf(
  context: Context,
  sources: readonly Operand[],
  flags: SyncFlags,
): Promise<Comparison> {
  if (sources.length > 1 && flags.patient !== undefined && sources.some(isArchive)) {
    throw new UsageError(
      "Cannot ask an archive among several places for --patient: name the patient in its URL",
    );
  }
  const each = await Promise.all(sources.map((source) => comparisonOfOne(context, source, flags)));
  const [{ where: first, options }, ...others] = each as [One, ...One[]];
  if (others.length === 0) return { where: first, options };
  // An archive answers for its own files what headers must answer for others.
  const ofArchives = each.find((_, i) => isArchive(sources[i]!))?.options.where;
  const ofOthers = each.find((_, i) => !isArchive(sources[i]!))?.options.where;
  return {
    where: each.map(({ where }) => where),
    options: {
      ...options,
      where: (ofArchives ?? ofOthers) &&
        ((entry) => (isArchive(entry) ? ofArchives : ofOthers)?.(entry) ?? true),
    },
  };
}

interface One {
  readonly where: string;
  readonly options: CompareOptions;
}

async function comparisonOfOne(
  context: Context,
  source: Operand,
  flags: SyncFlags,
): Promise<One> {
  const { vfs, signal } = context;
  const { checksum, sizeOnly, match, follow } = flags;
  if (checksum && sizeOnly) {
    throw new UsageError("Cannot compare in two ways: give one of --checksum and --size-only");
  }
  let { where } = source;
  let { skip } = flags;
  let rest: HeaderTestOptions = flags;
  if (isArchive(source)) {
    const { patient: _, ...others } = flags;
    const query = archiveQuery(source, flags.patient === undefined ? flags : others);
    where = query.searches[0]!.tops[0]!.where;
    rest = query.rest;
    if (flags.patient !== undefined) {
      skip = [...skip ?? [], await otherPatients(context, source, flags)];
    }
  }
  const test = await headerTest(rest);
  return {
    where,
    options: {
      compare: checksum ? "checksum" : sizeOnly ? "size" : "auto",
      match,
      skip,
      followSymlinks: follow,
      where: test && (async (entry) => {
        try {
          return test(await vfs.readDicomHeader(entry.location, { signal }));
        } catch (error) {
          if (isVfsError(error) && error.kind === "NotSupported") return false;
          throw error;
        }
      }),
    },
  };
}

/** What matches the paths of all patients but those that an archive finds by their PatientID or their PatientName. */
async function otherPatients(
  { vfs, signal }: Context,
  source: Operand,
  flags: SyncFlags,
): Promise<RegExp> {
  if (source.location.segments.length !== 1) {
    throw new UsageError(
      "Cannot ask for --patient below an archive's patients: name the archive alone, or the patient in the URL",
    );
  }
  const names = new Set<string>();
  for (const { tops: [top] } of archiveQuery(source, flags).searches) {
    for await (const { name, isDirectory } of vfs.readDir(top!.where, { signal })) {
      if (isDirectory && !name.startsWith(".")) names.add(name);
    }
  }
  const found = [...names].map((name) => RegExp.escape(name)).join("|");
  return new RegExp(`^(?!(?:${found || "(?!)"})(?:/|$))`);
}
