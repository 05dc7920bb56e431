/**
 * Files for an importer: those of one series that lie in one directory.
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
  /** Tells it from all others. */
  readonly sopInstanceUID: string;
}

/** Headers read at the same time. */
const AHEAD = 16;
/** Most files and bytes of a group, so that what is done again after a failure is bounded. */
const MOST = { files: 1000, bytes: 512 * 2 ** 20 };

/** The groups of a source, directory by directory; what is no DICOM file is told, and so what takes no part. */
export async function* seriesGroups(plan: Plan): AsyncGenerator<readonly ToImport[]> {
  for await (const { step, isLast } of sourceSteps(plan)) {
    const files = filesToCopy(plan, step);
    if (isLast) plan.tally.listed();
    yield* groupsOf(plan, step, files);
  }
}

async function* groupsOf(
  plan: Plan,
  step: Step,
  files: readonly Entry[],
): AsyncGenerator<readonly ToImport[]> {
  const groups = new Map<string, { readonly files: ToImport[]; bytes: number }>();
  for (let at = 0; at < files.length; at += AHEAD) {
    const some = files.slice(at, at + AHEAD);
    const found = await Promise.all(some.map((file) => identify(plan, step, file)));
    for (const one of found) {
      if (!one) continue;
      const group = groups.get(one.series) ?? { files: [], bytes: 0 };
      groups.set(one.series, group);
      group.files.push(one);
      group.bytes += one.from.size ?? 0;
      if (group.files.length < MOST.files && group.bytes < MOST.bytes) continue;
      groups.delete(one.series);
      yield group.files;
    }
  }
  for (const { files } of groups.values()) yield files;
}

/** Which instance a file is, and of which series; what it is not is told. */
async function identify(
  { source, options, signal, tally }: Plan,
  { path: above, location }: Step,
  from: Entry,
): Promise<ToImport & { readonly series: string } | undefined> {
  const path = pathOf(above, from);
  const subject = { from: from.url, path };
  try {
    if (options.where && !await options.where(from)) {
      return void tally.skip("skip", subject, "left out");
    }
    // An archive shows series as directories, and instances by their UIDs.
    if (source.transport.capabilities.naming === "content") {
      return { from, path, series: location.href, sopInstanceUID: from.name };
    }
    const header = await readHeader({ ...source, location: from.location }, {}, signal);
    const sopInstanceUID = header.string("SOPInstanceUID");
    const series = header.string("SeriesInstanceUID");
    if (sopInstanceUID !== undefined && series !== undefined) {
      return { from, path, series, sopInstanceUID };
    }
    const reason = "it tells no SOPInstanceUID or SeriesInstanceUID";
    throw new VfsError("NotSupported", { op: "import", url: from.url, reason });
  } catch (error) {
    if (signal.aborted) throw error;
    tally.fail("error", subject, asVfsError(error, "import", from.url));
  }
}
