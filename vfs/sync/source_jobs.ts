/**
 * The source walked by itself, for destinations that are not laid out as it is.
 *
 * @module
 */

import { reasonToSkip } from "../copy/reason_to_skip.ts";
import type { Entry } from "../entry.ts";
import { walkSteps } from "../walk.ts";
import type { Step } from "../walk_step.ts";
import { aheadOf } from "./pairs.ts";
import { failDirectory, type Job, jobsOf, pathOf, type Plan } from "./plan.ts";

/** The jobs of an archive that files by content: the source is walked, and nothing is known of the destination. */
export async function* archiveJobs(plan: Plan): AsyncGenerator<Job> {
  const { target, tally } = plan;
  for await (const { step, isLast } of sourceSteps(plan)) {
    const files = filesToCopy(plan, step);
    if (isLast) tally.listed();
    const open = new Map(files.map((file) => [file, undefined]));
    yield* await jobsOf(plan, step.path, open, () => target.location);
  }
}

/** The directories of the source alone; what cannot be listed is told. */
export async function* sourceSteps(
  plan: Plan,
): AsyncGenerator<{ readonly step: Step; readonly isLast: boolean }> {
  const { source, options, signal } = plan;
  const { match, skip, exts, followSymlinks } = options;
  const steps = walkSteps(source, {
    signal,
    match,
    skip,
    exts,
    followSymlinks,
    detail: true,
    concurrency: aheadOf(source),
    prunes: false,
    onError(error, url) {
      if (url === source.location.href) return "throw";
      failDirectory(plan, url, error);
      return "skip";
    },
  });
  try {
    let next = await steps.next();
    while (!next.done) {
      const step = next.value;
      next = await steps.next();
      yield { step, isLast: next.done ?? false };
    }
  } finally {
    await steps.return(undefined);
  }
}

/** The files of a directory of the source that are to be copied; the others are told. */
export function filesToCopy({ options, tally }: Plan, { path, dirs, files }: Step): Entry[] {
  const skip = (entry: Entry, reason: string) =>
    tally.skip("skip", { from: entry.url, path: pathOf(path, entry) }, reason);
  if (!options.followSymlinks) {
    for (const entry of dirs.filter(({ isSymlink }) => isSymlink)) {
      tally.found(undefined);
      skip(entry, "a link to a directory");
    }
  }
  return files.filter((entry) => {
    tally.found(entry.size);
    const reason = reasonToSkip(entry, options);
    if (reason) skip(entry, reason);
    return !reason;
  });
}
