/**
 * What a command works with.
 *
 * @module
 */

import type { VfsError } from "../vfs/errors.ts";
import { parseLocation } from "../vfs/location/location.ts";
import { fileAround } from "../vfs/location/nested_location.ts";
import type { Vfs } from "../vfs/vfs.ts";
import { BrokenPipe, type Console } from "./console.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import type { Input } from "./input.ts";
import { messageOf, stackOf } from "./messages.ts";
import { Operand } from "./operand.ts";

/** Options that every command has. */
export interface GlobalOptions {
  /** No notes, no progress. */
  readonly quiet?: boolean;
  /** Log every operation. */
  readonly verbose?: boolean;
  /** Items at once. */
  readonly concurrency?: number;
  /** Longest wait without progress, in seconds. */
  readonly timeout?: number;
  /** Tries after the first. */
  readonly retries?: number;
  /** Believe any certificate of an XNAT. */
  readonly insecure?: boolean;
}

/** The outputs, the filesystem and the failures of one run. */
export class Context {
  #code: number | undefined;
  #done = 0;
  #failures = 0;

  constructor(
    /** The name of the command. */
    readonly command: string,
    /** Its outputs. */
    readonly console: Console,
    /** Its filesystem. */
    readonly vfs: Vfs,
    /** Ends it. */
    readonly signal: AbortSignal,
    /** Options that every command has. */
    readonly global: GlobalOptions,
    /** Print stacks. */
    readonly debug: boolean,
    /** Where answers come from. */
    readonly input?: Input,
  ) {}

  /** Items at once: what the user said, otherwise `usual`. */
  concurrency(usual: number): number {
    return this.global.concurrency ?? usual;
  }

  /**
   * Works on each place in turn, the `at`th of all. What fails is told and counted, and the next one gets its turn; an abort
   * ends all.
   */
  async each(
    places: readonly string[],
    work: (operand: Operand, at: number) => Promise<void>,
  ): Promise<void> {
    for (const [at, place] of places.entries()) {
      const before = this.#failures;
      await this.guard(() => work(new Operand(place), at));
      if (this.#failures === before) this.#done++;
    }
  }

  /** Does `work` as one item of many that may be under way; gives false when it failed, which is told and counted. */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    const isDone = await this.guard(work);
    if (isDone) this.#done++;
    return isDone;
  }

  /** Does a part of an item; only its failure is told and counted. */
  async guard(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (this.signal.aborted || error instanceof BrokenPipe) throw error;
      this.fail(error);
      return false;
    }
  }

  /** What a walk does with a directory below the tops that cannot be listed: it is told, and the others get their turn. */
  skipUnlisted(...tops: Operand[]): (error: VfsError, url: string) => "throw" | "skip" {
    const hrefs = new Set(tops.map(({ location }) => location.href));
    return (error, url) => {
      if (hrefs.has(url)) return "throw";
      this.fail(error);
      // Of a top that is an archive nothing was listed yet.
      if (!isRootOf(url, hrefs)) this.countDone();
      return "skip";
    };
  }

  /** Tells of an error, with what it is about where its message does not tell that, and counts it. */
  fail(error: unknown, subject?: string): void {
    const about = subject === undefined ? "" : `"${this.console.safe(subject)}": `;
    this.console.error(
      `medvfs ${this.command}: ${about}${messageOf(error, this.command, subject)}`,
    );
    if (this.debug) this.console.notes(stackOf(error));
    this.count(exitCodeOf(error));
  }

  /** Counts a failure that was told already. */
  count(code: number): void {
    this.#code ??= code;
    this.#failures++;
  }

  /** Something worked; with a failure besides, the whole is a partial one. */
  countDone(): void {
    this.#done++;
  }

  /** Tells what the user may want to know, unless he wants quiet. */
  note(text: string): void {
    if (!this.global.quiet) this.console.note(text);
  }

  /** What to tell the shell. */
  get exitCode(): number {
    if (this.#code === undefined) return EXIT.ok;
    return this.#done > 0 ? EXIT.partial : this.#code;
  }
}

/** Whether `url` is the root of an archive that is one of the files `hrefs`. */
function isRootOf(url: string, hrefs: ReadonlySet<string>): boolean {
  const { location } = parseLocation(url);
  const file = fileAround(location);
  return file !== undefined && location.segments.length === 0 && hrefs.has(file.href);
}
