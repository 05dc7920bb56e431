/**
 * Several streams as one.
 *
 * @module
 */

/** What came of a step: from the stream of streams, or from one of them. */
type Arrival<T> =
  | { readonly stream: IteratorResult<AsyncIterable<T>> }
  | { readonly from: AsyncIterator<T>; readonly next: IteratorResult<T> }
  | { readonly error: unknown };

/**
 * Gives what `streams` give, as it comes: from up to `atOnce` of them side by side, each one item ahead. The first error
 * ends it; whichever way it ends, all are ended.
 */
export async function* merged<T>(
  streams: AsyncIterable<AsyncIterable<T>>,
  atOnce: number,
): AsyncGenerator<T> {
  const outer = streams[Symbol.asyncIterator]();
  const open = new Set<AsyncIterator<T>>();
  const arrived: Arrival<T>[] = [];
  let isOver = false;
  let isPulled = false;
  let wake = () => {};
  const arrive = (arrival: Arrival<T>) => {
    arrived.push(arrival);
    wake();
  };
  const fail = (error: unknown) => arrive({ error });
  const pull = (from: AsyncIterator<T>) => {
    from.next().then((next) => arrive({ from, next }), fail);
  };
  const pullOuter = () => {
    if (isPulled || isOver || open.size >= atOnce) return;
    isPulled = true;
    outer.next().then((stream) => arrive({ stream }), fail);
  };
  try {
    while (open.size > 0 || !isOver) {
      pullOuter();
      const arrival = arrived.shift();
      if (!arrival) await new Promise<void>((resolve) => wake = resolve);
      else if ("error" in arrival) throw arrival.error;
      else if ("stream" in arrival) {
        isPulled = false;
        if (arrival.stream.done) isOver = true;
        else {
          const inner = arrival.stream.value[Symbol.asyncIterator]();
          open.add(inner);
          pull(inner);
        }
      } else if (arrival.next.done) open.delete(arrival.from);
      else {
        pull(arrival.from);
        yield arrival.next.value;
      }
    }
  } finally {
    await Promise.allSettled([...open, outer].map((each) => each.return?.()));
  }
}
