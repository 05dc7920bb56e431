import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { type ErrorKind, VfsError } from "../../../vfs/errors.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import type { PutOutcome } from "../../../vfs/transport.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { at_, bytes, fake, rejects, settle } from "../_fakes.ts";

const AT = at_("fake://h/a");
const OPTIONS = { signal: NEVER };

/** A connection to a server that does as `state.does` says, on a clock that jumps. */
function connection() {
  const clock = manualClock({ auto: true });
  const state = { does: "Unavailable" as ErrorKind | "answer", lasts: 0, calls: 0 };
  const act = async <T>(answer: T) => {
    state.calls++;
    if (state.lasts > 0) await clock.advance(state.lasts);
    if (state.does === "answer") return answer;
    throw new VfsError(state.does, { op: "stat", url: AT.href });
  };
  const file = { kind: "file" } as const;
  const transport = retry({ clock, random: () => 0.5 })(fake({
    stat: () => act(file),
    async *putMany(files) {
      for (const { location } of files) {
        const told = act(file).then(
          (stored): PutOutcome => ({ location, stored }),
          (error): PutOutcome => ({ location, error }),
        );
        yield [await told];
      }
    },
  }));

  /** How often one operation is tried. */
  async function tries(): Promise<number> {
    const before = state.calls;
    await transport.stat(AT, OPTIONS).catch(() => {});
    return state.calls - before;
  }

  /** The server is gone for so long that operations are tried once only. */
  async function lose(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      assert.equal(await tries(), 4);
      await clock.advance(3_000);
    }
    assert.equal(await tries(), 1);
  }

  return { clock, state, transport, tries, lose };
}

Deno.test("retry: a server that answers nobody for 3 s is asked once per operation, not before", async () => {
  const { clock, state, transport, tries } = connection();
  const start = clock.now();
  while (clock.now() - start < 3_000) assert.equal(await tries(), 4);
  while (await tries() === 4) assert(clock.now() - start < 5_000);
  const error = await rejects(transport.stat(AT, OPTIONS), "Unavailable");
  assert.deepEqual([error.status, error.attempts], ["exhausted", 1]);
  state.does = "answer";
  assert.equal((await transport.stat(AT, OPTIONS)).kind, "file");
});

Deno.test("retry: an answer between makes a server that hiccups no server that is gone", async () => {
  const { clock, state, tries } = connection();
  for (let i = 0; i < 10; i++) {
    state.does = "Unavailable";
    assert.equal(await tries(), 4);
    await clock.advance(2_000);
    state.does = "answer";
    await tries();
  }
});

Deno.test("retry: a peer that keeps whoever asks waiting is asked once by others when the first has had all its tries", async () => {
  const { clock, state, tries, transport } = connection();
  state.lasts = 10_000;
  assert.equal(await tries(), 4);
  state.lasts = 0;
  assert.equal(await tries(), 1);
  await clock.advance(10_000);
  state.does = "answer";
  assert.equal((await transport.stat(AT, OPTIONS)).kind, "file");
});

Deno.test("retry: a peer that has answered until now, if only that it is busy, is not gone", async () => {
  const { clock, state, tries } = connection();
  for (const does of ["RateLimited", "Unavailable"] as const) {
    state.does = does;
    assert.deepEqual([await tries(), await tries()], [4, 4]);
    await clock.advance(10_000);
  }
});

Deno.test("retry: any answer, a refusal too, gives operations all their tries again", async () => {
  for (const answer of ["answer", "NotFound", "PermissionDenied", "RateLimited"] as const) {
    const { state, tries, lose } = connection();
    await lose();
    state.does = answer;
    await tries();
    state.does = "Unavailable";
    assert.equal(await tries(), 4, answer);
  }
});

Deno.test("retry: neither a time limit nor an abort is an answer of a server that is gone", async () => {
  for (const none of ["TimedOut", "Aborted"] as const) {
    const { state, tries, lose } = connection();
    await lose();
    state.does = none;
    assert.equal(await tries(), 1);
    state.does = "Unavailable";
    assert.equal(await tries(), 1, none);
  }
});

Deno.test("retry: of a server that is gone one operation in 10 s has all its tries", async () => {
  const { clock, tries, lose } = connection();
  await lose();
  for (let i = 0; i < 3; i++) {
    // Since the last one began, which took 700 ms.
    await clock.advance(i === 0 ? 10_000 : 9_300);
    assert.deepEqual([await tries(), await tries(), await tries()], [4, 1, 1]);
  }
});

Deno.test("retry: what was known of a server is forgotten after 10 minutes", async () => {
  const { clock, state, tries, lose } = connection();
  await lose();
  await clock.advance(600_001);
  const before = state.calls;
  await Promise.all([tries(), tries()]);
  assert.equal(state.calls - before, 8);
});

Deno.test("retry: files stored together are tried once with a server that is gone, and close the breaker when stored", async () => {
  const { state, transport, tries, lose } = connection();
  await lose();
  const files = [{ location: AT, source: { ...sourceOfBytes(bytes("a")), size: 1 } }];
  const store = () => Array.fromAsync(transport.putMany!(files, OPTIONS));
  const before = state.calls;
  const [outcome] = (await store()).flat();
  assert("error" in outcome!);
  assert.deepEqual([outcome.error.status, outcome.error.attempts], ["exhausted", 1]);
  assert.equal(state.calls, before + 1);
  state.does = "RateLimited";
  await store();
  state.does = "Unavailable";
  assert.equal(await tries(), 4, "it was there to say that it is busy");
  state.does = "answer";
  await store();
  state.does = "Unavailable";
  assert.equal(await tries(), 4);
});

Deno.test("retry: a probe that is aborted while it waits ends at once", async () => {
  const clock = manualClock();
  const stat = () => Promise.reject(new VfsError("Unavailable", { op: "stat", url: AT.href }));
  const transport = retry({ clock, random: () => 0.5 })(fake({ stat }));
  const fail = async () => {
    const failing = transport.stat(AT, OPTIONS).catch(() => {});
    await settle();
    await clock.advance(3_000);
    await failing;
  };
  for (let i = 0; i < 3; i++) await fail();
  await rejects(transport.stat(AT, OPTIONS), "Unavailable");
  await clock.advance(10_000);
  const abort = new AbortController();
  const probe = rejects(transport.stat(AT, { signal: abort.signal }), "Aborted");
  await settle();
  assert.equal(clock.pending, 1);
  abort.abort();
  await probe;
  assert.equal(clock.pending, 0);
});
