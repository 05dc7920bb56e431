/**
 * Bodies of requests that are no longer than we take.
 *
 * @module
 */

import { Problem } from "./problem.ts";

/** The body of a request, which fails when it is longer than `most` bytes. */
export class Bounded {
  /** What comes. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Set when it was too long. */
  tooLong?: Problem;

  /** @throws {Problem} 413 when it says so itself */
  constructor({ headers, body }: Request, most: number) {
    const tooLong = new Problem(413, `At most ${most} bytes are taken`);
    if (Number(headers.get("content-length") ?? 0) > most) throw tooLong;
    let length = 0;
    const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        length += chunk.length;
        if (length <= most) return controller.enqueue(chunk);
        this.tooLong = tooLong;
        controller.error(tooLong);
      },
    });
    this.stream = (body ?? new Blob().stream()).pipeThrough(limit);
  }
}
