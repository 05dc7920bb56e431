/**
 * Answers that come piece by piece: a JSON value a line. The last line has an `end` or an `error`; where it is missing,
 * the answer was cut.
 *
 * @module
 */

import { failureOf } from "./failure.ts";

/** The response with what `values` gives; whoever stops reading ends them. */
export function jsonLines(values: AsyncGenerator<unknown>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let value: unknown;
      try {
        const step = await values.next();
        if (step.done) return controller.close();
        value = step.value;
      } catch (error) {
        value = { error: failureOf(error) };
      }
      controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    async cancel() {
      await values.return(undefined);
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}

/** `items` in groups: a full one at once, and every so often what there is. */
export async function* inGroups<T>(
  items: AsyncIterable<T>,
  { size, waitMs }: { readonly size: number; readonly waitMs: number },
): AsyncGenerator<readonly T[]> {
  const iterator = items[Symbol.asyncIterator]();
  let group: T[] = [];
  let since = performance.now();
  try {
    let next = iterator.next();
    while (true) {
      const late = group.length > 0 && performance.now() - since >= waitMs;
      const step = late ? undefined : await orLater(next, group.length > 0 ? waitMs : undefined);
      if (step === undefined || step.done || group.length >= size) {
        if (group.length > 0) yield group;
        group = [];
        since = performance.now();
      }
      if (step === undefined) continue;
      if (step.done) return;
      group.push(step.value);
      next = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

/** What `promise` gives, or undefined when that takes longer than `ms`. */
async function orLater<T>(promise: Promise<T>, ms: number | undefined): Promise<T | undefined> {
  if (ms === undefined) return await promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, later]);
  } finally {
    clearTimeout(timer);
  }
}
