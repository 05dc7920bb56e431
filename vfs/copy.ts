/**
 * Copying and moving between any two locations.
 *
 * @module
 */

import type { Resolved } from "./connections.ts";
import { copyFile, exists } from "./copy_file.ts";
import type { Entry } from "./entry.ts";
import { FunctionNotSupported, isVfsError, VfsError } from "./errors.ts";
import { NEVER, throwIfAborted } from "./signals.ts";
import { forEachBounded } from "./pool.ts";
import { smallPerLarge, weightOf } from "./small_files.ts";
import {
  asVfsError,
  type Outcome,
  Tally,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./transfer.ts";
import type { Info } from "./transport.ts";
import { walkSteps } from "./walk.ts";

/** Options of `copy` and `move`. */
export interface CopyOptions extends TransferOptions {
  /**
   * What to do with a file that is at the destination: fail for it, leave it, or replace it.
   *
   * @default {"error"}
   */
  readonly existing?: "error" | "skip" | "replace";
  /** Copy what links lead to. Otherwise links are skipped, and the report says so. @default {false} */
  readonly followSymlinks?: boolean;
}

/** One file to copy. */
interface Job {
  readonly from: Resolved;
  readonly to: Resolved;
  readonly info?: Info;
}

/**
 * Copies a file, or a directory with all below it, to exactly `to`; with a trailing slash, into it. Where the content
 * names what is stored, all files go into the one directory `to`.
 */
export function copyTree(
  from: Resolved,
  to: Resolved,
  options: CopyOptions = {},
): Promise<TransferReport> {
  return new Copier("copy", from, to, options).run();
}

/** Moves likewise: by `rename` where one transport can, otherwise file by file, each removed once it is copied. */
export async function moveTree(
  from: Resolved,
  to: Resolved,
  options: CopyOptions = {},
): Promise<TransferReport> {
  const copier = new Copier("move", from, to, options);
  return await copier.rename() ?? await copier.run();
}

class Copier {
  readonly #op: "copy" | "move";
  readonly #from: Resolved;
  #to: Resolved;
  /** What is stored has the name that we give it, and not one that its content has. */
  readonly #isNamed: boolean;
  readonly #options: CopyOptions;
  readonly #signal: AbortSignal;
  readonly #tally: Tally;
  /** Directories of the source that a move empties, parents first. */
  readonly #emptied: Resolved[] = [];

  constructor(
    op: "copy" | "move",
    from: Resolved,
    to: Resolved,
    options: CopyOptions,
  ) {
    this.#op = op;
    this.#from = from;
    this.#isNamed = to.transport.capabilities.naming === "path";
    this.#to = to.location.isDirectoryHint ? this.#below(to, [from.location.name]) : to;
    this.#options = options;
    this.#signal = options.signal ?? NEVER;
    this.#tally = new Tally(options);
  }

  /** Moves by one rename, or gives `undefined` where that cannot be. */
  async rename(): Promise<TransferReport | undefined> {
    this.#checkApart();
    const { transport, location } = this.#from;
    const { existing = "error" } = this.#options;
    if (transport !== this.#to.transport || !transport.rename || !this.#isNamed) return;
    if (existing === "skip") return;
    const signal = this.#signal;
    const info = await transport.stat(location, { signal });
    if (info.kind === "directory" && existing === "replace") return;
    try {
      const overwrite = existing === "replace";
      await transport.rename(location, this.#to.location, { overwrite, signal });
    } catch (error) {
      // Not between these two, such as across disks; then it is copied.
      if (isVfsError(error) && error.kind === "NotSupported") return;
      throw error;
    }
    this.#tally.found(info.size);
    this.#tally.moved(info.size ?? 0, location.href);
    this.#tally.settle({
      from: location.href,
      to: this.#to.location.href,
      result: "done",
      bytes: info.size,
    });
    this.#tally.listed();
    return this.#tally.report();
  }

  async run(): Promise<TransferReport> {
    this.#checkApart();
    const { transport, location } = this.#from;
    if (this.#op === "move" && this.#options.followSymlinks) {
      throw new VfsError("InvalidArgument", {
        op: "move",
        url: location.href,
        reason: "followSymlinks would remove what links lead to, copy instead",
      });
    }
    if (this.#op === "move" && !transport.remove) {
      throw new FunctionNotSupported(
        location.scheme,
        "move",
        location.href,
        "removing the original",
      );
    }
    this.#checkExisting();
    const info = await transport.stat(location, { signal: this.#signal });
    if (info.kind !== "directory") {
      // The root of a server is a directory, with or without its slash.
      if (this.#to.location.segments.length === 0) {
        this.#to = this.#below(this.#to, [location.name]);
      }
      this.#tally.found(info.size);
      this.#tally.listed();
      await this.#copy({ from: this.#from, to: this.#to, info }, true);
      return this.#tally.report();
    }
    await this.#checkMerge();
    const { concurrency } = this.#options;
    const { capabilities } = this.#to.transport;
    await forEachBounded(
      this.#jobs(),
      concurrency ??
        Math.min(8, transport.capabilities.maxConcurrency, capabilities.maxConcurrency),
      (job) => this.#copy(job, false),
      concurrency === undefined ? ({ info }) => weightOf(info?.size, capabilities) : undefined,
    );
    await this.#removeEmptied();
    const report = this.#tally.report();
    if (report.failed > 0) {
      throw new TransferFailed(this.#op, location.href, report);
    }
    return report;
  }

  #checkApart(): void {
    const { location } = this.#from;
    const inside = location.contains(this.#to.location);
    if (!inside) return;
    throw new VfsError("InvalidArgument", {
      op: this.#op,
      url: location.href,
      reason: `the destination "${this.#to.location.href}" is the source, or lies in it`,
    });
  }

  #checkExisting(): void {
    const { existing } = this.#options;
    if (this.#isNamed || existing !== "skip") return;
    const { scheme, href } = this.#to.location;
    throw new FunctionNotSupported(scheme, this.#op, href, "leaving alone what is there");
  }

  /** A move does not mix a directory into one that is there, unless told; a rename could not either. */
  async #checkMerge(): Promise<void> {
    const { existing = "error" } = this.#options;
    if (this.#op === "copy" || existing !== "error" || !this.#isNamed) return;
    const { transport, location } = this.#to;
    if (!await exists(transport, location, this.#signal)) return;
    throw new VfsError("AlreadyExists", { op: "move", url: location.href });
  }

  async *#jobs(): AsyncGenerator<Job> {
    const steps = walkSteps(this.#from, {
      signal: this.#signal,
      followSymlinks: this.#options.followSymlinks,
      // Progress without sizes would count a large file like a small one, and so would the pool.
      detail: this.#options.onProgress !== undefined ||
        smallPerLarge(this.#to.transport.capabilities) > 1,
      onError: (error, url) => {
        if (url === this.#from.location.href) return "throw";
        this.#failDirectory(url, error);
        return "skip";
      },
    });
    try {
      let step = await steps.next();
      while (!step.done) {
        const { location, path, dirs, files } = step.value;
        if (this.#op === "move") this.#emptied.push({ ...this.#from, location });
        for (const entry of dirs) {
          if (entry.isSymlink && !this.#options.followSymlinks) {
            this.#skip(entry, "a link to a directory");
          }
        }
        for (const entry of files) this.#countOrSkip(entry);
        if (dirs.length + files.length === 0) {
          await this.#makeEmpty(this.#below(this.#to, path), location.href);
        }
        // The walk is one step ahead, so that the totals are final before the last files are copied.
        step = await steps.next();
        if (step.done) this.#tally.listed();
        for (const entry of files) {
          if (this.#reasonToSkip(entry)) continue;
          yield {
            from: { ...this.#from, location: entry.location },
            to: this.#below(this.#to, [...path, entry.name]),
            info: entry.info,
          };
        }
      }
    } finally {
      await steps.return(undefined);
    }
  }

  #countOrSkip(entry: Entry): void {
    const reason = this.#reasonToSkip(entry);
    if (reason) this.#skip(entry, reason);
    else this.#tally.found(entry.size);
  }

  #skip(entry: Entry, reason: string): void {
    this.#tally.found(entry.size);
    this.#tally.settle({ from: entry.url, result: "skipped", reason });
  }

  #reasonToSkip(entry: Entry): string | undefined {
    if (entry.isFile) return undefined;
    if (!entry.isSymlink) return "not a regular file";
    if (!this.#options.followSymlinks) return "a symbolic link";
    return entry.target === "file" ? undefined : "a link that leads to no file";
  }

  async #makeEmpty(to: Resolved, from: string): Promise<void> {
    if (!to.transport.mkdir || !to.transport.capabilities.emptyDirectories) {
      return;
    }
    const signal = this.#signal;
    try {
      await to.transport.mkdir(to.location, { recursive: true, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failDirectory(from, asVfsError(error, this.#op, from));
    }
  }

  #failDirectory(from: string, error: VfsError): void {
    this.#tally.found(undefined);
    this.#tally.settle({ from, result: "failed", error });
  }

  async #copy(job: Job, alone: boolean): Promise<void> {
    const { from, to } = job;
    const url = from.location.href;
    let moved = 0;
    const onBytes = (bytes: number) => {
      moved += bytes;
      this.#tally.moved(bytes, url);
    };
    let outcome: Pick<Outcome, "from" | "to"> = { from: url, to: to.location.href };
    try {
      throwIfAborted(this.#signal, this.#op, url);
      const copied = await copyFile(from, to, {
        info: job.info,
        existing: this.#options.existing ?? "error",
        signal: this.#signal,
        onBytes,
      });
      if (!copied) return this.#tally.settle({ ...outcome, result: "skipped", reason: "exists" });
      const { verified, warnings, location } = copied;
      if (location) outcome = { ...outcome, to: location.href };
      if (this.#op === "move") await this.#removeSource(from);
      this.#tally.settle({ ...outcome, result: "done", bytes: moved, verified, warnings });
    } catch (error) {
      this.#tally.moved(-moved, url);
      const failure = asVfsError(error, this.#op, url);
      this.#tally.settle({ ...outcome, result: "failed", error: failure });
      if (alone || this.#signal.aborted) throw failure;
    }
  }

  async #removeSource({ transport, location }: Resolved): Promise<void> {
    await transport.remove?.(location, { signal: this.#signal });
  }

  #below(at: Resolved, path: readonly string[]): Resolved {
    return this.#isNamed ? { ...at, location: at.location.join(...path) } : at;
  }

  /** Removes the directories that a complete move left empty; what was skipped keeps its directories. */
  async #removeEmptied(): Promise<void> {
    if (this.#op === "copy") return;
    for (const { transport, location } of this.#emptied.reverse()) {
      try {
        await transport.remove?.(location, { signal: this.#signal });
      } catch (error) {
        const failure = asVfsError(error, "move", location.href);
        if (failure.kind === "NotEmpty" || failure.kind === "NotFound") continue;
        this.#failDirectory(location.href, failure);
      }
    }
  }
}
