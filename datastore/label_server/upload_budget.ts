/**
 * How much of uploads is in memory at once.
 *
 * @module
 */

import { Semaphore } from "../../vfs/concurrency/semaphore.ts";
import { Problem } from "../../serving/problem.ts";
import type { Settings } from "./options.ts";

/** So long an upload waits for others to end, in milliseconds. */
const WAIT_MS = 30_000;

/** Up to so many bytes count as nothing: a note on a label need not wait for large files. */
const SMALL = 65_536;

/** Lets uploads in while they fit together. */
export class UploadBudget {
  readonly #settings: Settings;
  readonly #total: number;
  readonly #bytes: Semaphore;

  /** A budget of `maxUploadsBytes`. */
  constructor(settings: Settings) {
    this.#settings = settings;
    // Infinity is no limit.
    this.#total = Math.min(
      Math.max(1, Math.ceil(settings.maxUploadsBytes)),
      Number.MAX_SAFE_INTEGER,
    );
    this.#bytes = new Semaphore(this.#total);
  }

  /**
   * Runs `action` when the body of `request` fits beside those under way.
   *
   * @throws {Problem} 503 when it does not for too long
   */
  async run<T>(request: Request, action: () => Promise<T> | T): Promise<T> {
    const release = await this.#acquire(request);
    try {
      return await action();
    } finally {
      release();
    }
  }

  async #acquire(request: Request): Promise<() => void> {
    const { clock, signal } = this.#settings;
    const weight = this.#weigh(request);
    if (weight === 0) return () => {};
    const late = new AbortController();
    const cancel = clock.schedule(() => late.abort(), WAIT_MS);
    const either = AbortSignal.any([signal, late.signal]);
    try {
      // Not with the signal of the request, at whose use Deno warns: who has left is found out when it is his turn.
      return await this.#bytes.acquire(either, request.url, weight);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Problem(503, "Too many uploads at once", { "retry-after": `${WAIT_MS / 1000}` });
    } finally {
      cancel();
    }
  }

  #weigh({ method, headers }: Request): number {
    if (method !== "PUT") return 0;
    const most = this.#settings.maxUploadBytes;
    const said = Number(headers.get("content-length") ?? NaN);
    if (headers.has("transfer-encoding") || !(said >= 0)) return Math.min(most, this.#total);
    // What is too long is refused unread.
    return said <= SMALL || said > Math.min(most, this.#total) ? 0 : said;
  }
}
