/** Conformance: aborting, and disposing. @module */

import { strict as assert } from "node:assert";
import { concat, readerOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { atomic, group, reading, writing } from "./case.ts";
import { within } from "./deadline.ts";
import { everyByte, sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";
import { watchedSource } from "./sources.ts";

const LIMIT_MS = 1000;

/** Aborting. */
export const abortCases = group("abort", [
  reading("an aborted signal lets no reading begin", [], async (f) => {
    const [path] = f.largest;
    const signal = AbortSignal.abort();
    await fails(f.transport.stat(f.at(path), { signal }), "Aborted");
    await fails(f.get(path, { signal }), "Aborted");
    await fails(f.list("", { signal }), "Aborted");
  }),

  reading("an aborted signal lets no tree begin", ["tree"], async (f) => {
    const signal = AbortSignal.abort();
    const tree = f.transport.tree!(f.root, { signal });
    await fails(Array.fromAsync(tree), "Aborted");
  }),

  writing("an aborted signal lets no writing begin", [], async (f) => {
    const signal = AbortSignal.abort();
    await f.put("a", "old");
    await fails(f.put("a", "new", { signal }), "Aborted");
    await fails(f.put("b", "new", { signal }), "Aborted");
    if (f.has("mkdir")) await fails(f.mkdir("d", { signal }), "Aborted");
    if (f.has("remove")) await fails(f.remove("a", { signal }), "Aborted");
    if (f.has("rename")) await fails(f.rename("a", "b", { signal }), "Aborted");
    if (f.has("copy")) await fails(f.copy("a", "b", { signal }), "Aborted");
    assert.deepEqual(await f.names(""), ["a"]);
    assert.equal(await f.text("a"), "old");
  }),

  reading("the reason is kept", [], async (f) => {
    const [path] = f.largest;
    const mine = new VfsError("TimedOut", { op: "wait", url: "test://" });
    const stat = f.transport.stat(f.at(path), {
      signal: AbortSignal.abort(mine),
    });
    await fails(stat, "TimedOut");
    const timeout = new DOMException("late", "TimeoutError");
    const signal = AbortSignal.abort(timeout);
    await fails(f.transport.stat(f.at(path), { signal }), "TimedOut");
  }),

  reading("a read settles soon, and is whole or fails", [], async (f) => {
    const [path, bytes] = f.largest;
    const abort = new AbortController();
    const got = await f.get(path, { signal: abort.signal });
    const reader = readerOf(got.body);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const first = await reader.read();
    if (first) chunks.push(first);
    abort.abort();
    await soon(async () => {
      try {
        for (let c = await reader.read(); c; c = await reader.read()) {
          chunks.push(c);
        }
        const length = chunks.reduce((sum, c) => sum + c.length, 0);
        sameBytes(concat(chunks, length), bytes, path);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        await fails(Promise.reject(error), "Aborted");
      }
      await reader.close();
    });
  }),

  reading("a listing settles soon", [], async (f) => {
    const abort = new AbortController();
    const { signal } = abort;
    const pages = f.transport.list(f.root, { signal })[Symbol.asyncIterator]();
    await pages.next();
    abort.abort();
    await soon(async () => {
      const next = pages.next();
      const isOver = await next.then((n) => n.done, () => true);
      if (!isOver) await fails(pages.next(), "Aborted");
      await pages.return?.();
    });
  }),

  writing("a put settles soon, and stores nothing", [], async (f) => {
    await stopPut(f, "new");
    assert.equal(await f.exists("new"), false);
  }),

  writing("a put settles soon, and leaves the old", [atomic], async (f) => {
    await f.put("a", "the old content");
    await stopPut(f, "a");
    assert.equal(await f.text("a"), "the old content");
    assert.deepEqual(await f.names(""), ["a"]);
  }),
]);

/** Disposing. */
export const disposeCases = group("dispose", [
  reading("twice is as good as once", [], async (f) => {
    await f.stat(f.largest[0]);
    await f.transport[Symbol.asyncDispose]();
    await f.transport[Symbol.asyncDispose]();
  }),

  reading("before anything was done, it does nothing", [], async (f) => {
    await f.transport[Symbol.asyncDispose]();
  }),

  reading("nothing goes on afterwards", [], async (f) => {
    const [path] = f.largest;
    await f.transport[Symbol.asyncDispose]();
    const kinds = ["Unavailable", "Aborted", "InvalidArgument"] as const;
    await fails(f.stat(path), ...kinds);
    await fails(f.get(path), ...kinds);
    await fails(f.list(""), ...kinds);
    if (f.has("put")) await fails(f.put("late", "x"), ...kinds);
  }),

  reading("an open body is whole or fails", [], async (f) => {
    const [path, bytes] = f.largest;
    const reader = readerOf((await f.get(path)).body);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const first = await reader.read();
    if (first) chunks.push(first);
    await f.transport[Symbol.asyncDispose]();
    try {
      for (let c = await reader.read(); c; c = await reader.read()) {
        chunks.push(c);
      }
    } catch (error) {
      await fails(Promise.reject(error), "Aborted", "Unavailable", "Incomplete");
      return;
    } finally {
      await reader.close();
    }
    const length = chunks.reduce((sum, c) => sum + c.length, 0);
    sameBytes(concat(chunks, length), bytes, path);
  }),
]);

/** Aborts a put whose source does not go on. */
async function stopPut(f: Fixture, path: string): Promise<void> {
  const abort = new AbortController();
  const source = watchedSource(everyByte(100_000), { stalls: true });
  const put = f.put(path, source, { signal: abort.signal });
  const outcome = fails(put, "Aborted");
  await source.reading;
  await soon(async () => {
    abort.abort();
    await outcome;
  });
  assert.equal(source.ended, source.opened, "a reader was left open");
}

/** Checks that `action` settles within a second. */
function soon(action: () => Promise<void>): Promise<void> {
  return within(LIMIT_MS, action());
}
