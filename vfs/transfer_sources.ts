/**
 * Copies, moves, syncs and comparisons of several places, told as one.
 *
 * @module
 */

import { heeding } from "./copy/callbacks.ts";
import { type CopyOptions, copyTree, moveTree, transferPairs } from "./copy/copy.ts";
import { VfsError } from "./errors.ts";
import { load } from "./lazy_modules.ts";
import type { Location } from "./location/location.ts";
import { foldName } from "./location/names.ts";
import type { Where } from "./options.ts";
import { checkConcurrency } from "./concurrency/pool.ts";
import { NEVER } from "./concurrency/signals.ts";
import {
  type Finder,
  isOnePlace,
  resolveSources,
  type SourcePlace,
  type Sources,
} from "./sources.ts";
import type {
  CheckOptions,
  CheckReport,
  SyncOptions,
  SyncOutcome,
  SyncReport,
} from "./sync/options.ts";
import { plusCheck, plusSync } from "./copy/report_sums.ts";
import {
  type Progress,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./copy/transfer.ts";
import type { Place } from "./transport.ts";

/** Copies or moves one place to exactly `to`, or several into it. @throws `TransferFailed`, `InvalidArgument` */
export function transferSources(
  op: "copy" | "move",
  finder: Finder,
  from: Sources,
  to: Where,
  given: CopyOptions = {},
): Promise<TransferReport> {
  return heeding(given, async (options) => {
    checkConcurrency(op, options.concurrency);
    const sources = await resolveSources(from, op, finder.at, options.signal ?? NEVER);
    const target = await finder.at(to);
    const transfer = op === "copy" ? copyTree : moveTree;
    // The content of an archive has no name in its own location.
    const isNamed = !target.location.isDirectoryHint || sources[0]!.location.name !== "";
    if (isOnePlace(from) && isNamed) return await transfer(sources[0]!, target, finder.at, options);
    const pairings = pairedInto(op, sources, target, finder);
    if (isOnePlace(from)) {
      return await transfer(sources[0]!, pairings[0]!.target, finder.at, options);
    }
    const pairs = pairings
      .map(({ source, target: to }) => ({ from: source, to, info: source.info! }));
    return await transferPairs(op, pairs, target, finder.at, options);
  });
}

/** Syncs one place to exactly `to`, or several into it. @throws `TransferFailed`, `InvalidArgument` */
export function syncSources(
  finder: Finder,
  from: Sources,
  to: Where,
  given: SyncOptions = {},
): Promise<SyncReport> {
  return heeding(given, async (options) => {
    const pairings = await comparedPairs("sync", finder, from, to, options);
    const into = (await finder.at(to)).location;
    const journal = options.journal === undefined ? undefined : await finder.at(options.journal);
    const { syncTree } = await load.sync();
    const budget = boundedDeletions(options);
    return await syncEach(pairings, options, async ({ source, target }, onProgress) => {
      const own = journal && !isOnePlace(from) ? await journalOf(journal, source) : journal;
      const told = isOnePlace(from) ? options : named(budget(), target, into);
      return await syncTree({ source, target, journal: own, at: finder.at }, {
        ...told,
        onProgress,
      });
    });
  });
}

/** Options for one sync after the other, which all together delete no more than `maxDelete`. */
function boundedDeletions(options: SyncOptions): () => SyncOptions {
  const { maxDelete, onOutcome } = options;
  if (maxDelete === undefined) return () => options;
  let left = maxDelete;
  const count = (outcome: SyncOutcome) => {
    const isPlanned = options.dryRun && outcome.result === "skipped";
    if (outcome.action === "delete" && (isPlanned || outcome.result === "done")) {
      left = Math.max(0, left - 1);
    }
    onOutcome?.(outcome);
  };
  return () => ({ ...options, maxDelete: left, onOutcome: count });
}

/** Outcomes whose paths begin with the name that the source has at the destination, where it has one. */
function named<O extends Pick<SyncOptions, "onOutcome" | "onKept">>(
  options: O,
  { location }: Place,
  into: Location,
): O {
  if (location.segments.length === into.segments.length) return options;
  const { onOutcome, onKept } = options;
  const below = (tell: SyncOptions["onOutcome"]) =>
    tell && ((outcome: SyncOutcome) => {
      const path = outcome.path === "" ? location.name : `${location.name}/${outcome.path}`;
      tell({ ...outcome, path });
    });
  return { ...options, onOutcome: below(onOutcome), onKept: below(onKept) };
}

/** Compares what {@linkcode syncSources} would sync. @throws `InvalidArgument` */
export function checkSources(
  finder: Finder,
  from: Sources,
  to: Where,
  given: CheckOptions = {},
): Promise<CheckReport> {
  return heeding(given, async (options) => {
    const pairings = await comparedPairs("check", finder, from, to, options);
    const into = (await finder.at(to)).location;
    const { checkTree } = await load.sync();
    const reports = await inTurn(pairings, options, (places, onProgress) => {
      const told = isOnePlace(from) ? options : named(options, places.target, into);
      return checkTree({ ...places, at: finder.at }, { ...told, onProgress });
    });
    return reports.reduce(plusCheck);
  });
}

async function comparedPairs(
  op: "sync" | "check",
  finder: Finder,
  from: Sources,
  to: Where,
  { signal = NEVER, layout, concurrency }: Pick<SyncOptions, "signal" | "layout" | "concurrency">,
): Promise<readonly Pairing[]> {
  checkConcurrency(op, concurrency);
  const resolve = (where: Where) => finder.content(where, signal);
  const sources = await resolveSources(from, op, resolve, signal);
  const target = await finder.at(to);
  if (isOnePlace(from)) return [{ source: sources[0]!, target }];
  const other = sources.find(({ info }) => info?.kind !== "directory");
  if (other) throw new VfsError("NotADirectory", { op, url: other.location.href });
  return layout === undefined
    ? pairedInto(op, sources, target, finder)
    : sources.map((source) => ({ source, target }));
}

/** A place, and where it goes. */
interface Pairing {
  /** What is copied. */
  readonly source: SourcePlace;
  /** Exactly where it goes. */
  readonly target: Place;
}

/**
 * Pairs each source with the place of its name in `into`, before anything is done; where the content names what is
 * stored, with `into` itself.
 *
 * @throws `InvalidArgument` where two would get the same name, or one has none
 */
function pairedInto(
  op: string,
  sources: readonly SourcePlace[],
  into: Place,
  { nameOf }: Finder,
): Pairing[] {
  const { naming, foldsNames } = into.transport.capabilities;
  if (naming === "content") return sources.map((source) => ({ source, target: into }));
  const taken = new Map<string, Location>();
  return sources.map((source) => {
    const { location } = source;
    const refuse = (reason: string) =>
      new VfsError("InvalidArgument", { op, url: location.href, reason });
    const name = nameOf(location);
    if (name === "") throw refuse(`it has no name to get in "${into.location.href}"`);
    const key = foldsNames ? foldName(name) : name;
    const other = taken.get(key);
    if (other) {
      throw refuse(`"${other.href}" would get the same name in "${into.location.href}"`);
    }
    taken.set(key, location);
    return { source, target: { ...into, location: into.location.child(name) } };
  });
}

/** The journal of one of several sources: a file beside `journal`, of a name that stays the same. */
async function journalOf(
  { transport, location }: Place,
  { location: { href } }: SourcePlace,
): Promise<Place> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(href));
  const name = `${location.name}-${new Uint8Array(digest, 0, 6).toHex()}`;
  return { transport, location: location.parent()?.child(name) ?? location };
}

/** What all transfers have that tell how far they are. */
type Told = Pick<TransferOptions, "onProgress" | "signal">;

/** Does one transfer after the other, and tells their progress as that of one. */
async function inTurn<R>(
  pairings: readonly Pairing[],
  { onProgress }: Told,
  transfer: (pairing: Pairing, onProgress: Told["onProgress"]) => Promise<R>,
): Promise<R[]> {
  const start = performance.now();
  const earlier = { files: 0, bytes: 0, totalBytes: 0 };
  const results: R[] = [];
  for (const [i, pairing] of pairings.entries()) {
    let last: Progress | undefined;
    const tell = onProgress && ((progress: Progress) => {
      last = progress;
      const elapsedMs = performance.now() - start;
      const bytes = progress.bytes + earlier.bytes;
      onProgress({
        ...progress,
        files: progress.files + earlier.files,
        totalFiles: progress.totalFiles + earlier.files,
        bytes,
        totalBytes: progress.totalBytes + earlier.totalBytes,
        listed: progress.listed && i === pairings.length - 1,
        bytesPerSecond: elapsedMs > 0 ? bytes / elapsedMs * 1000 : 0,
        elapsedMs,
      });
    });
    results.push(await transfer(pairing, tell));
    earlier.files += last?.totalFiles ?? 0;
    earlier.bytes += last?.bytes ?? 0;
    earlier.totalBytes += last?.totalBytes ?? 0;
  }
  return results;
}

/** Syncs one place after the other. @throws `TransferFailed` when some items failed; its report is the sum of all */
async function syncEach(
  pairings: readonly Pairing[],
  options: Told,
  sync: (pairing: Pairing, onProgress: Told["onProgress"]) => Promise<SyncReport>,
): Promise<SyncReport> {
  const reports = await inTurn(pairings, options, async (pairing, onProgress) => {
    try {
      return await sync(pairing, onProgress);
    } catch (error) {
      if (error instanceof TransferFailed) return error.report as SyncReport;
      throw error;
    }
  });
  const report = reports.reduce(plusSync);
  if (report.failed === 0) return report;
  throw new TransferFailed("sync", pairings[0]!.source.location.href, report);
}
