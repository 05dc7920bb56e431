/**
 * Bodies of requests that are no longer than we take, and do not keep us waiting.
 *
 * @module
 */

import { Problem } from "./problem.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** So long a body may stand still while we wait for more, in milliseconds. */
const PATIENCE_MS = 60_000;
/**
 * Whoever sends less than so many bytes a second, beyond the first minute, would keep his share of the memory for ever. A
 * link of 200 kbit/s has six times as much, for several who send at once.
 */
const LEAST_RATE = 4096;

/** The body of a request, which fails when it is longer than `most` bytes, breaks off, stands still or drips. */
export class Bounded {
  /** What comes. */
  readonly stream: ReadableStream<Chunk>;
  /** Set when it was too long, or did not come whole. */
  failure?: Problem;

  /** @throws {Problem} 413 when it says so itself */
  constructor({ headers, body }: Request, most: number, patienceMs: number = PATIENCE_MS) {
    const tooLong = new Problem(413, `At most ${most} bytes are taken`);
    if (Number(headers.get("content-length") ?? 0) > most) throw tooLong;
    const reader = (body ?? new Blob().stream()).getReader();
    let length = 0;
    let waitedMs = 0;
    let isLeft = false;
    this.stream = new ReadableStream<Chunk>({
      pull: async (controller) => {
        try {
          const earnedMs = length * 1000 / LEAST_RATE;
          const start = performance.now();
          const { value } = await soon(
            reader,
            Math.min(patienceMs, patienceMs + earnedMs - waitedMs),
          );
          waitedMs += performance.now() - start;
          // Why its reader left is his to tell.
          if (isLeft) return;
          if (!value) return controller.close();
          length += value.length;
          if (length > most) throw tooLong;
          controller.enqueue(value);
        } catch (error) {
          const isOurs = error instanceof Problem;
          this.failure = isOurs ? error : new Problem(400, "The body broke off");
          controller.error(this.failure);
          // Whoever sends has the answer; that a broken body cannot be cancelled is no news.
          await reader.cancel(this.failure).catch(() => {});
        }
      },
      cancel: (reason) => {
        isLeft = true;
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }
}

/** What comes next. @throws {Problem} 408 when nothing does for too long */
async function soon(
  reader: ReadableStreamDefaultReader<Chunk>,
  patienceMs: number,
): Promise<ReadableStreamReadResult<Chunk>> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Problem(408, "The body does not come, or too slowly"));
  }, patienceMs);
  try {
    return await Promise.race([reader.read(), late]);
  } finally {
    clearTimeout(timer);
  }
}
