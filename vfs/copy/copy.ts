/**
 * Copying and moving between any two locations.
 *
 * @module
 */

import { NEVER } from "../concurrency/signals.ts";
import { FunctionNotSupported, isVfsError, VfsError } from "../errors.ts";
import { Location } from "../location/location.ts";
import { infoToMove, isThere } from "../presence.ts";
import type { Info, Place } from "../transport.ts";
import { Copier, existingAt, type Transferring } from "./copier.ts";
import type { Finder } from "../sources.ts";
import { below, copyJobs, type Job, type Top } from "./copy_jobs.ts";
import { liesIn } from "./lies_in.ts";
import { areInOneArchive } from "./one_archive.ts";
import { notMoved, whyNotRemoved } from "./removable.ts";
import {
  asVfsError,
  Tally,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./transfer.ts";

/** So many places are renamed at once where each rename would store all that is there, and several are stored as one. */
const RENAMED_TOGETHER = 1000;

/** Options of `copy` and `move`. */
export interface CopyOptions extends TransferOptions {
  /**
   * What to do with a file that is at the destination: fail for it, leave it, or replace it.
   *
   * @default {"error", or "replace" where the content names what is stored: sending again does no harm there}
   */
  readonly existing?: "error" | "skip" | "replace";
  /** Copy what links lead to. Otherwise links are skipped, and the report says so. @default {false} */
  readonly followSymlinks?: boolean;
}

/**
 * Copies a file, or a directory with all below it, to exactly `to`; with a trailing slash, into it. Where the content
 * names what is stored, all files go into the one directory `to`.
 */
export function copyTree(
  from: Place,
  to: Place,
  at: Finder["at"],
  options: CopyOptions = {},
): Promise<TransferReport> {
  return new Transfer("copy", at, options).one(from, to);
}

/** Moves likewise: by `rename` where one transport can, otherwise file by file, each removed once it is copied. */
export function moveTree(
  from: Place,
  to: Place,
  at: Finder["at"],
  options: CopyOptions = {},
): Promise<TransferReport> {
  return new Transfer("move", at, options).one(from, to);
}

/** One of several places that are copied, with what is there, and exactly where it goes. */
export type Pair = Pick<Top, "from" | "to"> & { readonly info: Info };

/** Copies or moves several places, all of them into one: what one does not do keeps none of the others back. */
export function transferPairs(
  op: "copy" | "move",
  pairs: readonly Pair[],
  into: Place,
  at: Finder["at"],
  options: CopyOptions,
): Promise<TransferReport> {
  return new Transfer(op, at, options).all(pairs, into);
}

/** Those of one folder together, since they are read together. */
function besideEachOther<T extends Pair>(pairs: readonly T[]): readonly T[] {
  return [...Map.groupBy(pairs, ({ from }) => from.location.parent()?.href).values()].flat();
}

class Transfer implements Transferring {
  readonly op: "copy" | "move";
  readonly options: CopyOptions;
  readonly tally: Tally;
  readonly #at: Finder["at"];
  readonly #signal: AbortSignal;
  /** Whether archives are one, by their origins: of many members it is asked once. */
  readonly #areOne = new Map<string, Promise<boolean>>();

  constructor(op: "copy" | "move", at: Finder["at"], options: CopyOptions) {
    this.op = op;
    this.#at = at;
    this.options = options;
    this.tally = new Tally(options);
    this.#signal = options.signal ?? NEVER;
  }

  async one(from: Place, exactly: Place): Promise<TransferReport> {
    const { transport, location } = from;
    const { isDirectoryHint } = exactly.location;
    const to = isDirectoryHint ? below(exactly, [location.name]) : exactly;
    const top = { from, to, left: 1 };
    const onListed = () => this.tally.listed();
    if (await this.#isRenamed(top)) {
      onListed();
      return this.tally.report();
    }
    this.#check(top);
    const info = await transport.stat(location, { signal: this.#signal });
    if (info.kind === "directory") {
      await this.#checkOutside(top, info);
      const copier = new Copier(this, transport, to);
      await copier.all(this.#jobsOf(top, copier, onListed));
      return this.#report(location.href);
    }
    // The root of a server is a directory, with or without its slash.
    const file = to.location.segments.length === 0 ? below(to, [location.name]) : to;
    await this.#checkRemoval(from);
    this.tally.found(info.size);
    onListed();
    await new Copier(this, transport, file).one({ top, from, to: file, info });
    return this.tally.report();
  }

  async all(pairs: readonly Pair[], into: Place): Promise<TransferReport> {
    const tops: (Top & Pair)[] = [];
    const begin = async (pair: Pair) => {
      const top = { ...pair, left: 1 };
      try {
        if (await this.#isRenamed(top)) return;
        this.#check(top);
        if (pair.info.kind === "directory") await this.#checkOutside(top, pair.info);
        else {
          await this.#checkRemoval(pair.from);
          this.tally.found(pair.info.size);
        }
        tops.push(top);
      } catch (error) {
        this.tally.found(undefined);
        this.#fail([top], error);
      }
    };
    const atOnce = into.transport.capabilities.batches === undefined ? 1 : RENAMED_TOGETHER;
    for (let start = 0; start < pairs.length; start += atOnce) {
      const begun = await Promise.allSettled(pairs.slice(start, start + atOnce).map(begin));
      const end = begun.find((each) => each.status === "rejected");
      if (end) throw end.reason;
    }
    let unlisted = tops.length;
    const onListed = () => {
      if (--unlisted === 0) this.tally.listed();
    };
    if (unlisted === 0) this.tally.listed();
    for (const [transport, those] of Map.groupBy(tops, ({ from }) => from.transport)) {
      const copier = new Copier(this, transport, into);
      try {
        const inOrder = transport.getMany ? besideEachOther(those) : those;
        await copier.all(this.#jobsOfAll(inOrder, copier, onListed));
      } catch (error) {
        this.#fail(those, error);
      }
    }
    return this.#report(pairs[0]!.from.location.href);
  }

  /** What all have to do; those that are files come one by one with the files of the others. */
  async *#jobsOfAll(
    tops: readonly (Top & Pair)[],
    copier: Copier,
    onListed: () => void,
  ): AsyncGenerator<Job> {
    for (const top of tops) {
      const { from, to, info } = top;
      if (info.kind !== "directory") {
        onListed();
        yield { top, from, to, info };
        continue;
      }
      let isListed = false;
      const listed = () => {
        if (!isListed) onListed();
        isListed = true;
      };
      try {
        yield* this.#jobsOf(top, copier, listed);
      } catch (error) {
        listed();
        this.#fail([top], error);
      }
    }
  }

  /** What there is to do for a directory. */
  async *#jobsOf(top: Top, copier: Copier, onListed: () => void): AsyncGenerator<Job> {
    await this.#checkMerge(top);
    const { op, options, tally } = this;
    for await (
      const job of copyJobs({ top, op, options, tally, emptied: copier.emptied, onListed })
    ) {
      top.left++;
      yield job;
    }
    top.left--;
  }

  /** Tells of those that are not over that they failed. */
  #fail(tops: readonly Top[], error: unknown): void {
    if (this.#signal.aborted) throw error;
    for (const top of tops) {
      if (top.left <= 0) continue;
      top.left = 0;
      const [from, to] = [top.from.location.href, top.to.location.href];
      this.tally.settle({ from, to, result: "failed", error: asVfsError(error, this.op, from) });
    }
  }

  #report(url: string): TransferReport {
    const report = this.tally.report();
    if (report.failed > 0) throw new TransferFailed(this.op, url, report);
    return report;
  }

  /** Moves by one rename, where that can be. */
  async #isRenamed({ from, to, info: known }: Top): Promise<boolean> {
    await this.#checkApart(from, to);
    const { transport, location } = from;
    const { existing = "error" } = this.options;
    const isNamed = to.transport.capabilities.naming === "path";
    if (this.op === "copy" || transport !== to.transport || !transport.rename || !isNamed) {
      return false;
    }
    if (existing === "skip") return false;
    const signal = this.#signal;
    const info = known ?? await infoToMove(from, signal);
    if (info.kind === "directory" && existing === "replace") return false;
    try {
      const overwrite = existing === "replace";
      await transport.rename(location, to.location, { overwrite, signal });
    } catch (error) {
      // Not between these two, such as across disks; then it is copied.
      if (isVfsError(error) && error.kind === "NotSupported") return false;
      throw error;
    }
    const { size: bytes } = info;
    this.tally.found(bytes);
    this.tally.moved(bytes ?? 0, location.href);
    this.tally.settle({ from: location.href, to: to.location.href, result: "done", bytes });
    return true;
  }

  async #checkApart({ location }: Place, to: Place): Promise<void> {
    const { scheme, host, port } = location;
    const { segments } = to.location;
    if (!location.contains(new Location({ scheme, host, port, segments }))) return;
    // A move of a member onto itself would end with its removal.
    const isInside = location.origin === to.location.origin ||
      await this.#areInOneArchive(location, to.location);
    if (!isInside) return;
    throw new VfsError("InvalidArgument", {
      op: this.op,
      url: location.href,
      reason: `the destination "${to.location.href}" is the source, or lies in it`,
    });
  }

  /** The same of a directory by way of a link: what is copied into it would be copied again. */
  async #checkOutside({ from, to }: Top, { id }: Info): Promise<void> {
    const { transport, location } = from;
    if (id === undefined || transport !== to.transport || !transport.capabilities.symlinks) return;
    if (!await liesIn(to, id, location, this.#signal)) return;
    const reason = `the destination "${to.location.href}" lies in the source under another name`;
    throw new VfsError("InvalidArgument", { op: this.op, url: location.href, reason });
  }

  #areInOneArchive(a: Location, b: Location): Promise<boolean> {
    const key = `${a.origin} ${b.origin}`;
    const isOne = this.#areOne.get(key) ?? areInOneArchive(a, b, this.#at, this.#signal);
    this.#areOne.set(key, isOne);
    return isOne;
  }

  /** Refuses what cannot be done. */
  #check({ from: { transport, location }, to }: Top): void {
    if (this.op === "move" && this.options.followSymlinks) {
      throw new VfsError("InvalidArgument", {
        op: "move",
        url: location.href,
        reason: "followSymlinks would remove what links lead to, copy instead",
      });
    }
    if (this.op === "move" && !transport.remove) {
      throw new FunctionNotSupported(
        location.scheme,
        "move",
        location.href,
        "removing the original, copy it instead",
      );
    }
    if (to.transport.capabilities.naming === "path") return;
    if (existingAt(to.transport, this.options) === "replace") return;
    const { location: { scheme, href }, transport: { capabilities } } = to;
    if (capabilities.looksFirst) return;
    throw new FunctionNotSupported(scheme, this.op, href, "leaving alone what is there");
  }

  /** Refuses to move a file that cannot be removed, as far as that is told before. */
  async #checkRemoval(from: Place): Promise<void> {
    if (this.op === "copy") return;
    const cause = await whyNotRemoved(from, this.#signal);
    if (cause) throw notMoved(from.location.href, cause);
  }

  /** A move does not mix a directory into one that is there, unless told; a rename could not either. */
  async #checkMerge({ to }: Top): Promise<void> {
    const { existing = "error" } = this.options;
    if (this.op === "copy" || existing !== "error") return;
    if (to.transport.capabilities.naming === "content" || !await isThere(to, this.#signal)) return;
    throw new VfsError("AlreadyExists", { op: "move", url: to.location.href });
  }
}
