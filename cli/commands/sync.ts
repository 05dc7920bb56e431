/** `medvfs sync`. @module */

import { parseLocation } from "../../vfs/location/location.ts";
import type { SyncOutcome, SyncReport } from "../../vfs/sync/options.ts";
import { callSystem } from "../../vfs/system_errors.ts";
import { type CommandSpec, option, wholeNumber, wrong } from "../command.ts";
import { noteFolder } from "../destination.ts";
import { UsageError } from "../exit_code.ts";
import { byteSize, parseBytes, secondsText } from "../format.ts";
import { Operand } from "../operand.ts";
import { comparisonOf, type SyncFlags, syncFlags } from "../sync_flags.ts";
import { lockJournal, usualJournal } from "../sync_journal.ts";
import { type SyncCounts, tellSync } from "../sync_run.ts";

interface SyncCommandOptions extends SyncFlags {
  readonly dryRun?: boolean;
  readonly delete?: boolean;
  readonly maxDelete?: number;
  readonly layout?: string;
  readonly exists?: boolean;
  readonly importer?: boolean;
  readonly journal?: string;
  readonly log?: string;
  readonly bwlimit?: number;
  readonly opslimit?: number;
}

const DONE = { copy: "copied", update: "updated", delete: "deleted" } as const;
const PLANNED = { copy: "copy", update: "update", delete: "delete" } as const;

/** Makes one place hold what another holds. */
export const sync: CommandSpec<SyncCommandOptions> = {
  name: "sync",
  summary: "make a directory hold what another holds, anywhere",
  operands: "<source...> <destination>",
  sources: "but last",
  changes: ({ dryRun }) => dryRun ? "nothing" : "into",
  details:
    `Copies what the destination does not have, or has otherwise, below exactly the destination; of several sources
each goes into it under its name, and with --layout all are filed together. Files are
the same when their sizes are, and a digest that both sides know, or the time of change where the destination keeps
times; otherwise a journal of earlier runs decides, or the content. A run that was killed can be run again. With
--delete also removes what the source does not have, at the very end, and only when everything was listed and copied. A
file appears under its name when it is complete and verified. Filters hide files from all this, from --delete too.
A PACS files instances by itself: what was sent is in the journal, and --exists asks for each. So does the importer of
an XNAT, study by study, into the project, subject or session that is named; a study of a patient who has one there
already wants a session of its own, PROJECT/SUBJECT/SESSION.`,
  options: [
    option("-n, --dry-run", "tell what would be done, and do nothing"),
    option("--delete", "remove what the source does not have"),
    option("--max-delete <n>", "remove nothing when more files than this would go", wholeNumber(0)),
    option(
      "--layout <path>",
      "file DICOM by header: {PatientID}/{SeriesNumber}/{InstanceNumber}.dcm",
    ),
    option("--exists", "look for each instance in an archive, and send what it does not have"),
    option("--importer", "hand DICOM files to the importer of an XNAT, study by study"),
    option("--journal <file>", "where to remember what was done, or none"),
    option("--log <file>", "write what became of each file, a JSON object per line"),
    option("--bwlimit <rate>", "most bytes per second, such as 500k or 10M", parseRate),
    option("--opslimit <n>", "most operations begun per second", wholeNumber(1)),
    ...syncFlags(),
  ],
  examples: [
    ["sync -n --delete /data/study /backup/study", "what would be done"],
    [
      "sync --delete --max-delete 100 xnat://xnat.example.org/BRAIN ./brain",
      "a mirror of a project",
    ],
    [
      "sync dicom://pacs/PAT1 /data --layout '{PatientID}/{StudyDate}/{SeriesNumber}/{InstanceNumber}.dcm'",
      "a patient from a PACS into folders",
    ],
    [
      "sync --importer dicom://pacs.example.org/ARCHIVE/PAT1 xnat://xnat.example.org/BRAIN",
      "a patient from a PACS into a project",
    ],
    ["sync /incoming dicom://pacs.example.org:104/ARCHIVE --modality CT", "what is new, to a PACS"],
  ],
  async run(context, operands, flags) {
    const { vfs, signal, global } = context;
    const sources = operands.slice(0, -1);
    const target = new Operand(operands.at(-1)!);
    const from = sources.map((place) => new Operand(place));
    await noteFolder(context, target.location, target.where);
    const { where, options } = await comparisonOf(context, from, flags);
    const { dryRun, layout, exists, importer, maxDelete, journal, bwlimit, opslimit, json } = flags;
    if (maxDelete !== undefined && !flags.delete) {
      throw new UsageError("Cannot bound what is not done: --max-delete goes with --delete");
    }
    const remembered = journal === "none"
      ? undefined
      // Each of several has a journal of its own, whose name begins like this.
      : journal ?? await usualJournal(...(from.length === 1 ? sources : []), target.where);
    using _lock = remembered === undefined || dryRun ? undefined : lockJournal(remembered);
    using log = flags.log === undefined ? undefined : await OutcomeLog.open(flags.log);
    const report = await tellSync(
      context,
      {
        words: dryRun ? PLANNED : flags.v ? DONE : {},
        json,
        verbose: flags.v,
        log: log && ((outcome) => log.write(outcome)),
        onInterrupted: (counts) => {
          const report = { interrupted: true, ...counts, dryRun };
          log?.write({ report: recordOf(report) });
          if (json) context.console.json({ report: recordOf(report) });
          context.note(`interrupted: ${summaryOf(report)}`);
        },
      },
      async (callbacks) =>
        await vfs.sync(where, target.where, {
          ...options,
          ...callbacks,
          dryRun,
          delete: flags.delete,
          maxDelete,
          layout,
          exists,
          importer,
          journal: remembered,
          bytesPerSecond: bwlimit,
          operationsPerSecond: opslimit,
          concurrency: global.concurrency,
          signal,
          onNote: (text) => context.note(text),
        }),
    );
    if (report.kept > 0) context.countDone();
    log?.write({ report: recordOf(report) });
    if (json) context.console.json({ report: recordOf(report) });
    context.note(summaryOf(report));
  },
};

/** JSON lines, each written when it is known. */
class OutcomeLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  static async open(path: string): Promise<OutcomeLog> {
    const { location } = parseLocation(path);
    const options = { append: true, create: true };
    return new OutcomeLog(await callSystem("write", location, () => Deno.open(path, options)));
  }

  write(record: SyncOutcome | { readonly report: unknown }): void {
    const time = new Date().toISOString();
    const bytes = this.#encoder.encode(`${JSON.stringify({ time, ...record })}\n`);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** What a report tells, or the counts of a run that was interrupted, which knows of no more. */
type Told = SyncCounts & Partial<SyncReport> & { readonly interrupted?: boolean };

function recordOf({ problems: _, elapsedMs, ...counts }: Told): Record<string, unknown> {
  return { ...counts, elapsedMs: Math.round(elapsedMs) };
}

function summaryOf(report: Told): string {
  const { actions, dryRun, kept, skipped, failed, bytes, elapsedMs, notDeleted } = report;
  const parts = actsOf(report);
  if (kept !== undefined) parts.push(`${kept} the same`);
  const left = dryRun ? actions.skip : skipped;
  if (left > 0) parts.push(`${left} skipped`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (bytes > 0) parts.push(byteSize(bytes));
  const text = `${parts.join(", ")} in ${secondsText(elapsedMs)}`;
  if (notDeleted === undefined) return text;
  return `${text}; nothing ${dryRun ? "would be" : "was"} deleted: ${notDeleted}`;
}

/** What was done, or would be; where a part of it was not, what there was to do. */
function actsOf({ actions, dryRun, done, interrupted }: Told): string[] {
  const acts = (["copy", "update", "delete"] as const).filter((act) => actions[act] > 0);
  const [first, ...others] = acts;
  if (first === undefined) return [interrupted ? "nothing done" : "nothing to do"];
  if (dryRun) {
    return [`would ${first} ${actions[first]}`, ...others.map((act) => `${act} ${actions[act]}`)];
  }
  const total = acts.reduce((sum, act) => sum + actions[act], 0);
  if (done === total) return acts.map((act) => `${DONE[act]} ${actions[act]}`);
  return [
    `${done} done of ${actions[first]} to ${first}`,
    ...others.map((act) => `${actions[act]} to ${act}`),
  ];
}

function parseRate(text: string): number {
  const rate = parseBytes(text);
  if (rate > 0) return rate;
  throw wrong("It must be a number of bytes above 0, such as 500k or 10M.");
}
