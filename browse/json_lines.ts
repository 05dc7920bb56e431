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

/** `items` in groups: a full one at once, and every so often what there is; what came before an error, too. */
export async function* inGroups<T>(
  items: AsyncIterable<T>,
  { size, waitMs }: { readonly size: number; readonly waitMs: number },
): AsyncGenerator<readonly T[]> {
  const iterator = items[Symbol.asyncIterator]();
  const group: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let late: Promise<undefined> | undefined;
  const pull = () => {
    const next = iterator.next();
    // It is awaited in its turn, unless nobody comes for it: one who takes a group may take long.
    next.catch(() => {});
    return next;
  };
  const take = () => {
    clearTimeout(timer);
    late = undefined;
    return group.splice(0);
  };
  try {
    let next = pull();
    while (true) {
      const step = await (late ? Promise.race([next, late]) : next);
      if (step?.done) break;
      if (step) {
        group.push(step.value);
        next = pull();
        // One timer a group: one an item would cost more than the item.
        late ??= new Promise((resolve) => timer = setTimeout(() => resolve(undefined), waitMs));
      }
      if (!step || group.length >= size) yield take();
    }
    if (group.length > 0) yield take();
  } catch (error) {
    // What came before it is no less there.
    if (group.length > 0) yield take();
    throw error;
  } finally {
    clearTimeout(timer);
    await iterator.return?.();
  }
}
