/** `medvfs find`. @module */

import type { Entry } from "../../vfs/entry.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { type CommandSpec, option, repeatable, SHARED } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT, UsageError } from "../exit_code.ts";
import { archiveQuery, isArchive, type Search } from "../find/archive_query.ts";
import {
  entryTest,
  type EntryTestOptions,
  parseNewer,
  parseSize,
  parseType,
} from "../find/entry_filter.ts";
import {
  type HeaderTest,
  headerTest,
  type HeaderTestOptions,
  parseDates,
  parseTagTest,
} from "../find/header_filter.ts";
import { Operand } from "../operand.ts";
import { inOrder } from "../ordered.ts";
import { entryRecord } from "../record.ts";

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
  operands: "[url] [pattern]",
  details:
    `All tests must hold. A pattern with a slash is for the path below the URL, with ** for any depth; one
without is for the name, at any depth, as --name. Tests of the header look at DICOM files only, and read no more of
them than the header; * and ? stand for any characters, case does not count. Finding nothing is no error. Damaged
files are named on stderr, and the exit code is 4. A DICOM archive is asked for the patient, date, modality, accession
number and common attributes, and no file is read for these; whether case counts is up to it.`,
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
    option("--study-date <dates>", "StudyDate: 20190101, or a range 20190101-20191231", parseDates),
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
    ["find dicom://pacs --study-date 20240615 --modality CT --type d", "what was made that day"],
    ["find /data --tag MagneticFieldStrength=3 --study-date 20190101-", "3 T, since 2019"],
    ["find -0 /data --type f '2019/**/t1*' | xargs -0 medvfs hash", "for another command"],
  ],
  async run(context, operands, options) {
    const { console } = context;
    const [where = ".", pattern] = operands;
    const top = new Operand(where);
    const { searches, rest } = isArchive(top)
      ? archiveQuery(top, options)
      : { searches: [{ top, isNew: () => true }], rest: options };
    const matchesHeader = await headerTest(rest);
    // Directories have no header, and so are not what a test of it looks for.
    const isAsked = !matchesHeader && await headerTest(options) !== undefined;
    const wanted = isAsked && !options.type ? { ...options, type: "file" as const } : options;
    const candidates = candidatesIn(context, searches, pattern, wanted);
    const examined = inOrder(
      candidates,
      context.concurrency(16),
      (entry) => examine(context, entry, matchesHeader, options),
    );
    for await (const [entry, found] of examined) {
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
  },
};

/** What all tests but those of the header let pass. */
function candidatesIn(
  context: Context,
  searches: readonly Search[],
  pattern: string | undefined,
  options: FindOptions,
): AsyncIterable<Entry> {
  const { vfs, signal } = context;
  if (options.print0 && options.json) {
    throw new UsageError("Cannot print both NULs and JSON: give one of -0 and --json");
  }
  return (async function* () {
    for (const { top, isNew } of searches) {
      const passes = entryTest(top.location, pattern, options);
      const entries = vfs.entries(top.where, {
        signal,
        followSymlinks: options.follow,
        detail: Boolean(options.size || options.newer || options.json),
        concurrency: context.global.concurrency,
        onError: context.skipUnlisted(top),
      });
      for await (const entry of entries) if (passes(entry) && isNew(entry)) yield entry;
    }
  })();
}

/** The description of an entry whose header passes; `undefined` for any other. */
async function examine(
  context: Context,
  entry: Entry,
  matchesHeader: HeaderTest | undefined,
  options: FindOptions,
): Promise<{ readonly description?: string } | undefined> {
  const { vfs, signal } = context;
  const isFile = entry.isFile || Boolean(options.follow) && entry.target === "file";
  try {
    if (matchesHeader) {
      if (!isFile) return undefined;
      const header = await vfs.readDicomHeader(entry.location, { signal });
      if (header.damage) {
        const { text, position } = header.damage;
        context.console.warning(
          `medvfs find: "${entry.url}" is damaged: ${text} at byte ${position}`,
        );
        context.count(EXIT.partial);
      }
      if (!matchesHeader(header)) return undefined;
    }
    return isFile && options.info
      ? { description: await vfs.info(entry.location, { signal }) }
      : {};
  } catch (error) {
    if (signal.aborted) throw error;
    const isOther = matchesHeader && isVfsError(error) && error.kind === "NotSupported";
    if (!isOther) {
      context.fail(error);
      // Others could be examined, or the walk would have failed.
      context.countDone();
    }
    return undefined;
  }
}
