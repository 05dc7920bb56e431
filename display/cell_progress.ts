/**
 * How far a call is, in the cell that made it.
 *
 * @module
 */

import { printable } from "../formats/text.ts";
import type { Kernel } from "../vfs/notebook.ts";
import type { Progress } from "../vfs/copy/transfer.ts";
import { COLOURS, htmlBar, textBar } from "./bar.ts";
import { clockText, progressParts, type ProgressText } from "./progress_text.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

/** A call that is over before this, in milliseconds, leaves nothing in its cell. */
const LONG = 400;
const EVERY = 250;
const LONGEST = 500;
/** How long a front end is waited for, in milliseconds. */
const PATIENCE = 1000;

/** How far a call is, in the cell of a notebook that made it: a line that changes in its place, and stays. */
export class CellProgress {
  readonly #kernel: Kernel;
  readonly #what: string;
  readonly #id = `medvfs-${crypto.randomUUID()}`;
  readonly #start = performance.now();
  #now: ProgressText = { parts: [] };
  #drawn: string | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;

  /** Of a call that does `what`. */
  constructor(kernel: Kernel, what: string) {
    this.#kernel = kernel;
    this.#what = printable(what, LONGEST);
  }

  /** Does `work`, and tells meanwhile what it said last. */
  async during<R>(work: (cell: CellProgress) => Promise<R>): Promise<R> {
    const timer = setInterval(() => this.#draw(), EVERY);
    try {
      const result = await work(this);
      await this.#end(COLOURS.good, "done");
      return result;
    } catch (error) {
      await this.#end(COLOURS.bad, error instanceof Error ? error.message : "failed");
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** How far a transfer is. */
  transferred(progress: Progress): void {
    this.#now = progressParts(progress);
  }

  /** How far it is otherwise. */
  tell(now: ProgressText): void {
    this.#now = now;
  }

  #draw(): void {
    const elapsed = performance.now() - this.#start;
    // One that is slow to show it need not be sent what is old already.
    if (elapsed < LONG || this.#isSending) return;
    const { share, parts, time = clockText(elapsed) } = this.#now;
    this.#send(share, [...parts, time], COLOURS.work);
  }

  async #end(colour: string, said: string): Promise<void> {
    const elapsed = performance.now() - this.#start;
    if (this.#drawn === undefined && elapsed < LONG) return;
    await this.#sent();
    const { share = 1, parts } = this.#now;
    const all = [printable(said, LONGEST), ...parts, `${(elapsed / 1000).toFixed(1)} s`];
    this.#send(colour === COLOURS.good ? 1 : share, all, colour);
    await this.#sent();
  }

  async #sent(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE));
    await Promise.race([this.#sending, late]);
    clearTimeout(timer);
  }

  #send(share: number | undefined, parts: readonly string[], colour: string): void {
    const rich = line(this.#what, share, parts, colour);
    if (rich.text === this.#drawn) return;
    const type = this.#drawn === undefined ? "display_data" : "update_display_data";
    this.#drawn = rich.text;
    this.#sending = this.#broadcast(type, {
      data: rich.media(),
      metadata: {},
      transient: { display_id: this.#id },
    });
  }

  async #broadcast(...message: Parameters<Kernel["broadcast"]>): Promise<void> {
    this.#isSending = true;
    try {
      await this.#kernel.broadcast(...message);
    } catch {
      // A front end that is gone must not end the work that it would have shown.
    } finally {
      this.#isSending = false;
    }
  }
}

function line(
  what: string,
  share: number | undefined,
  parts: readonly string[],
  colour: string,
): Rich {
  const said = parts.join(" · ");
  const isKnown = share !== undefined;
  const numbers = "margin-left:.8em;font-variant-numeric:tabular-nums";
  const title = element("div", { style: "overflow-wrap:anywhere" }, escapeHtml(what));
  const bar = isKnown ? htmlBar(share, what, colour) : "";
  const below = element("div", {}, bar, element("span", { style: numbers }, escapeHtml(said)));
  const text = [what, isKnown ? textBar(share, 24) : "", said];
  return new Rich(title + below, text.filter((part) => part !== "").join("  "));
}
