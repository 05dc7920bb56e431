import { strict as assert } from "node:assert";
import { sleep, systemClock } from "../../../vfs/concurrency/clock.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { NEVER, orAborted, throwIfAborted, toAborted } from "../../../vfs/concurrency/signals.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import { hang, rejects, settle, throws } from "../_fakes.ts";

Deno.test("toAborted() tells an abort from a timeout, and keeps a VfsError", () => {
  const error = toAborted(AbortSignal.abort("why"), "read", "a:");
  assert.equal(error.kind, "Aborted");
  assert.equal(error.cause, "why");
  assert.equal(error.status, "permanent");
  const timeout = new DOMException("late", "TimeoutError");
  assert.equal(toAborted(AbortSignal.abort(timeout)).kind, "TimedOut");
  assert.equal(toAborted(AbortSignal.abort(timeout)).status, "permanent");
  const own = new VfsError("StorageFull", { op: "write", url: "a:" });
  assert.equal(toAborted(AbortSignal.abort(own)), own);
});

Deno.test("throwIfAborted() throws only then", () => {
  throwIfAborted(NEVER, "read", "a:");
  throws(() => throwIfAborted(AbortSignal.abort(), "read", "a:"), "Aborted");
});

Deno.test("orAborted() settles as the promise does, or at the abort", async () => {
  const { signal } = new AbortController();
  assert.equal(await orAborted(Promise.resolve(1), signal, "read", "a:"), 1);
  assert.equal(await orAborted(Promise.resolve(1), NEVER, "read", "a:"), 1);
  await assert.rejects(orAborted(Promise.reject(new Error("own")), signal, "read", "a:"), /own/);
  const abort = new AbortController();
  const waiting = orAborted(hang(), abort.signal, "read", "a:");
  abort.abort();
  await rejects(waiting, "Aborted");
  await rejects(orAborted(hang(), abort.signal, "read", "a:"), "Aborted");
});

Deno.test("orAborted() settles as the promise does when that has settled at the abort", async () => {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = orAborted(promise, abort.signal, "write", "a:");
  resolve(1);
  abort.abort();
  assert.equal(await waiting, 1);
});

Deno.test("orAborted() drops a late failure without an unhandled rejection", async () => {
  let fail = (_: Error) => {};
  const late = new Promise((_, reject) => fail = reject);
  await rejects(orAborted(late, AbortSignal.abort(), "read", "a:"), "Aborted");
  fail(new Error("late"));
  await settle();
});

Deno.test("sleep() waits, and an abort ends it at once and frees the timer", async () => {
  const clock = manualClock();
  const abort = new AbortController();
  let done = false;
  const sleeping = sleep(clock, 1000, abort.signal).then(() => done = true);
  await clock.advance(999);
  assert(!done);
  await clock.advance(1);
  await sleeping;
  const aborted = sleep(clock, 1000, abort.signal);
  assert.equal(clock.pending, 1);
  abort.abort();
  await rejects(aborted, "Aborted");
  assert.equal(clock.pending, 0);
  await rejects(sleep(systemClock, 100_000, abort.signal), "Aborted");
});
