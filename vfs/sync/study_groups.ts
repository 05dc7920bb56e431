/**
 * Files for an importer: those of one study. An importer takes the kind of a session from what comes at a time, and
 * XNAT adds to no session what is of another kind: a report alone not to the CT that it is about.
 *
 * @module
 */

import { readHeader } from "../describe.ts";
import type { Entry } from "../entry.ts";
import { VfsError } from "../errors.ts";
import { asVfsError } from "../copy/transfer.ts";
import type { Step } from "../walk_step.ts";
import { pathOf, type Plan } from "./plan.ts";
import { filesToCopy, sourceSteps } from "./source_jobs.ts";

/** A DICOM file to import. */
export interface ToImport {
  readonly from: Entry;
  /** Path below the source. */
  readonly path: string;
  /** Tells it from all others of its series. */
  readonly sopInstanceUID: string;
  /** Tells its series from all others. */
  readonly series: string;
}

/** Headers read at the same time. */
const AHEAD = 16;
/** Most files and bytes of a group, so that what is done again after a failure is bounded. */
const MOST = { files: 2000, bytes: 2 ** 30 };
/** Directories after which no more of a study is expected, so that what is held is bounded. */
const BEHIND = 50;

interface Study {
  readonly files: ToImport[];
  bytes: number;
  /** Number of the directory in which the last file was. */
  seen: number;
}

/** The groups of a source; what is no DICOM file is told. */
export async function* studyGroups(plan: Plan): AsyncGenerator<readonly ToImport[]> {
  const studies = new Map<string, Study>();
  let directory = 0;
  for await (const { step, isLast } of sourceSteps(plan)) {
    const files = filesToCopy(plan, step);
    if (isLast) plan.tally.listed();
    directory++;
    for await (const { uid, file } of identified(plan, step, files)) {
      const study = studies.get(uid) ?? { files: [], bytes: 0, seen: directory };
      studies.set(uid, study);
      study.files.push(file);
      study.bytes += file.from.size ?? 0;
      study.seen = directory;
      if (study.files.length < MOST.files && study.bytes < MOST.bytes) continue;
      studies.delete(uid);
      yield study.files;
    }
    for (const [uid, study] of studies) {
      if (study.seen > directory - BEHIND) continue;
      studies.delete(uid);
      yield study.files;
    }
  }
  for (const { files } of studies.values()) yield files;
}

async function* identified(
  plan: Plan,
  step: Step,
  files: readonly Entry[],
): AsyncGenerator<Identified> {
  for (let at = 0; at < files.length; at += AHEAD) {
    const some = files.slice(at, at + AHEAD);
    const found = await Promise.all(some.map((file) => identify(plan, step, file)));
    for (const one of found) if (one) yield one;
  }
}

interface Identified {
  /** Tells the study from all others. */
  readonly uid: string;
  readonly file: ToImport;
}

/** Which instance a file is, and of which study; what it is not is told. */
async function identify(
  { source, options, signal, tally }: Plan,
  { path: above, location }: Step,
  from: Entry,
): Promise<Identified | undefined> {
  const path = pathOf(above, from);
  const subject = { from: from.url, path };
  try {
    if (options.where && !await options.where(from)) return void tally.hide();
    // An archive shows studies and series as directories, and instances by their UIDs.
    if (source.transport.capabilities.naming === "content") {
      const uid = (location.parent() ?? location).href;
      return { uid, file: { from, path, sopInstanceUID: from.name, series: location.href } };
    }
    const header = await readHeader({ ...source, location: from.location }, {}, signal);
    const sopInstanceUID = header.string("SOPInstanceUID");
    const uid = header.string("StudyInstanceUID");
    if (sopInstanceUID !== undefined && uid !== undefined) {
      const series = header.string("SeriesInstanceUID") ?? "";
      return { uid, file: { from, path, sopInstanceUID, series } };
    }
    const reason = "it tells no SOPInstanceUID or StudyInstanceUID";
    throw new VfsError("NotSupported", { op: "import", url: from.url, reason });
  } catch (error) {
    if (signal.aborted) throw error;
    tally.fail("error", subject, asVfsError(error, "import", from.url));
  }
}
