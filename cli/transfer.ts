/**
 * What `cp`, `mv` and `rm` tell while they work and at the end.
 *
 * @module
 */

import { mapBounded } from "../vfs/concurrency/pool.ts";
import { isVfsError, redactUrl, type VfsError } from "../vfs/errors.ts";
import {
  type Outcome,
  type Progress,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "../vfs/copy/transfer.ts";
import { type Location, parseLocation } from "../vfs/location/location.ts";
import { keyOf } from "../vfs/sources.ts";
import { BrokenPipe } from "./console.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_code.ts";
import { Failures } from "./failures.ts";
import { byteSize, secondsText } from "./format.ts";
import { messageOf } from "./messages.ts";
import { Operand } from "./operand.ts";
import { progressText } from "./progress.ts";

/** How much to tell. */
interface TransferRunOptions {
  /** Name every file. */
  readonly verbose?: boolean;
  /** As records. */
  readonly json?: boolean;
  /** How a destination is shown. */
  readonly showTarget?: (url: string) => string;
}

/** How a transfer is told. */
interface TransferSetting {
  /** What it picks of the places themselves is no failure. */
  readonly ignores?: (error: VfsError) => boolean;
  /** None comes after it; then an interruption tells how much there was to do, as far as that is known. */
  readonly isLast?: boolean;
}

/** So many places are looked at at once. */
const LOOKS = 8;

/** The transfers of one run, told as one. */
export class TransferRun {
  readonly #context: Context;
  readonly #verb: string;
  readonly #options: TransferRunOptions;
  readonly #start = performance.now();
  readonly #told = new WeakSet<VfsError>();
  readonly #failures: Failures;
  #done = 0;
  #skipped = 0;
  #failed = 0;
  #bytes = 0;
  /** Files of the places before this one, for the progress. */
  #earlier = { files: 0, bytes: 0 };
  #last: Progress | undefined;

  /** `verb` is what was done: `copied`, `moved`, `removed`. */
  constructor(context: Context, verb: string, options: TransferRunOptions) {
    this.#context = context;
    this.#verb = verb;
    this.#options = options;
    this.#failures = new Failures(context, options.verbose);
  }

  /**
   * Looks at each place, the `at`th of all, before anything is done. Gives those that can be worked on, in their order,
   * with what was found; others are told, and count as such that failed.
   */
  async sift<T>(
    places: readonly string[],
    look: (place: Operand, at: number) => Promise<T>,
  ): Promise<Map<Operand, T>> {
    const sound = new Map<Operand, T>();
    const seen = await mapBounded(places.entries(), LOOKS, async ([at, each]) => {
      let url = redactUrl(each);
      try {
        const place = new Operand(each);
        url = place.location.href;
        const found = await look(place, at);
        return () => void sound.set(place, found);
      } catch (error) {
        return () => this.#fail([url], error);
      }
    });
    for (const tell of seen) await tell();
    return sound;
  }

  /** Does the transfer of these places as one. */
  async transfer(
    places: readonly Operand[],
    action: (options: TransferOptions) => Promise<TransferReport>,
    { ignores = () => false, isLast = true }: TransferSetting = {},
  ): Promise<void> {
    if (places.length === 0) return;
    const { console, signal, global } = this.#context;
    const named = new Map(places.toReversed().map((place) => [keyOf(place.location), place]));
    this.#last = undefined;
    const shows = console.stderr.isTerminal && !global.quiet;
    // A copy within a disk tells nothing before its end; the time that passes is told all the same.
    const timer = shows ? setInterval(() => this.#showProgress(), 500) : undefined;
    this.#earlier = { files: this.#done + this.#skipped + this.#failed, bytes: this.#bytes };
    try {
      await action({
        signal,
        concurrency: global.concurrency,
        onOutcome: (outcome) => {
          const { from, error } = outcome;
          if (error && isNamed(named, from) && ignores(error)) this.#context.countDone();
          else this.#outcome(named, outcome);
        },
        onProgress: shows
          ? (progress) => {
            this.#last = progress;
            this.#showProgress();
          }
          : undefined,
      });
      this.#context.countDone();
    } catch (error) {
      if (signal.aborted) {
        console.status("");
        if (!(signal.reason instanceof BrokenPipe)) this.#tellInterrupted(isLast);
        throw error;
      }
      const isTold = error instanceof TransferFailed || this.#told.has(error as VfsError);
      if (!isTold) await this.#fail(places.map(({ location }) => location.href), error);
    } finally {
      clearInterval(timer);
      console.status("");
      // The sum on stderr comes after what it sums up.
      await console.flush();
    }
  }

  /** Tells the sum of all. */
  finish(): void {
    this.#failures.tellOthers();
    const [done, skipped, failed] = [this.#done, this.#skipped, this.#failed];
    const elapsedMs = this.#report();
    // One thing that failed is told already, and one that was removed is what was asked for.
    if (done + skipped === 0 && failed <= 1) return;
    if (this.#verb === "removed" && done === 1 && failed === 0) return;
    this.#context.note(this.#sum(String(done), done, elapsedMs));
  }

  /** Tells what was done until now. How much there is to do is known where progress is shown. */
  #tellInterrupted(isLast: boolean): void {
    const total = isLast && this.#last?.listed
      ? this.#earlier.files + this.#last.totalFiles
      : undefined;
    const elapsedMs = this.#report({ interrupted: true, total });
    const done = total === undefined ? `${this.#done}` : `${this.#done} of ${total}`;
    this.#context.note(`interrupted: ${this.#sum(done, total ?? this.#done, elapsedMs)}`);
  }

  /** Adds the record of the sum, and tells how long all took. */
  #report(more: Readonly<Record<string, unknown>> = {}): number {
    const [done, skipped, failed, bytes] = [this.#done, this.#skipped, this.#failed, this.#bytes];
    const elapsedMs = performance.now() - this.#start;
    if (this.#options.json) {
      const report = { ...more, done, skipped, failed, bytes, elapsedMs: Math.round(elapsedMs) };
      this.#context.console.json({ report });
    }
    return elapsedMs;
  }

  /** The sum in words, with `done` for how many were, of `many`. */
  #sum(done: string, many: number, elapsedMs: number): string {
    // A directory that moves by one rename counts as one, and nobody knows the files in it.
    const noun = this.#verb === "copied" ? "file" : "item";
    const parts = [`${this.#verb} ${done} ${many === 1 ? noun : `${noun}s`}`];
    if (this.#bytes > 0 || this.#verb === "copied") parts.push(byteSize(this.#bytes));
    const rest = [`${parts.join(", ")} in ${secondsText(elapsedMs)}`];
    if (this.#skipped > 0) rest.push(`${this.#skipped} skipped`);
    if (this.#failed > 0) rest.push(`${this.#failed} failed`);
    return rest.join(", ");
  }

  /** Tells why nothing became of these places. */
  async #fail(urls: readonly string[], error: unknown): Promise<void> {
    await this.#context.guard(() => Promise.reject(error));
    this.#failed += urls.length;
    if (!this.#options.json) return;
    const told = isVfsError(error) ? error : { message: messageOf(error, "") };
    for (const from of urls) this.#context.console.json({ from, result: "failed", error: told });
  }

  #outcome(named: ReadonlyMap<string, Operand>, outcome: Outcome): void {
    const { console, signal } = this.#context;
    const { from, to, result, bytes, verified, warnings = [], reason, error } = outcome;
    const show = () => shownIn(named, from);
    if (result === "failed") {
      // Those that an interruption cut off are no news.
      if (!signal.aborted) this.#failed++;
      if (error) this.#told.add(error);
      if (!error || signal.aborted) this.#context.count(EXIT.failed);
      else {
        // The file that an error is about, where it names another place: an archive does not know it.
        const subject = error.message.includes(from) ? undefined : show();
        if (isNamed(named, from)) this.#context.fail(error, subject);
        else this.#failures.tell(error, subject);
      }
    } else {
      this.#context.countDone();
      if (result === "skipped") this.#skipped++;
      else this.#done++;
    }
    this.#bytes += bytes ?? 0;
    if (this.#options.json) {
      const told = warnings.length > 0 ? warnings : undefined;
      return console.json({ from, to, result, bytes, verified, warnings: told, reason, error });
    }
    for (const warning of warnings) {
      const name = console.safe(show());
      console.warning(`medvfs ${this.#context.command}: "${name}": ${warning}`);
    }
    // A link that is left behind is told always, a file that is there already was asked for.
    if (result === "skipped" && reason !== "exists") {
      this.#context.note(`skipped ${show()}: ${reason}`);
    }
    if (!this.#options.verbose || result === "failed") return;
    const name = show();
    const line = to === undefined ? name : `${name} -> ${this.#options.showTarget?.(to) ?? to}`;
    console.line(console.safe(result === "done" ? line : `${line} (skipped: ${reason})`));
  }

  #showProgress(): void {
    const { console } = this.#context;
    const elapsedMs = performance.now() - this.#start;
    // A short one is done before it could be read.
    if (elapsedMs < 300) return;
    const { files, bytes } = this.#earlier;
    const last = this.#last;
    const all = {
      files: (last?.files ?? 0) + files,
      totalFiles: (last?.totalFiles ?? 0) + files,
      bytes: (last?.bytes ?? 0) + bytes,
      totalBytes: last?.totalBytes ? last.totalBytes + bytes : 0,
      listed: last?.listed ?? false,
      elapsedMs,
    };
    console.status(progressText(all, console.stderr.columns - 1));
  }
}

function isNamed(named: ReadonlyMap<string, Operand>, url: string): boolean {
  return named.has(keyOf(parseLocation(url).location));
}

/** How the place at `url`, one of those that were named or one below it, is shown. */
function shownIn(named: ReadonlyMap<string, Operand>, url: string): string {
  const { location } = parseLocation(url);
  for (let at: Location | undefined = location; at; at = at.parent()) {
    const place = named.get(keyOf(at));
    if (place) return place.show(location);
  }
  return url;
}
