import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import type { OperationEvent } from "../../../vfs/layers/observe.ts";
import { override } from "../../../vfs/layers/layer.ts";
import { stack, type StackOptions } from "../../../vfs/layers/stack.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { at_, bytes, fake, hang, rejects, settle } from "../_fakes.ts";

const AT = at_("fake://h/a");
const OPTIONS = { signal: NEVER };
const INFO = { kind: "file" } as const;

function stacked(operations: Partial<Transport>, options: StackOptions = {}) {
  const clock = manualClock();
  const transport = stack(guard("fake")(fake(operations)), {
    clock,
    random: () => 0.999,
    ...options,
  });
  return { clock, transport };
}

const temporary = () => Promise.reject(new VfsError("Unavailable", { op: "stat", url: AT.href }));

Deno.test("stack: a back-off holds no permit", async () => {
  const { clock, transport } = stacked({
    stat: (at) => at.name === "a" ? temporary() : Promise.resolve(INFO),
  }, { limit: { concurrency: 1 } });
  const failing = transport.stat(AT, OPTIONS);
  failing.catch(() => {});
  await settle();
  assert.equal(clock.pending, 1);
  // The first one waits for its second try; the only permit is free.
  assert.equal(await transport.stat(at_("fake://h/b"), OPTIONS), INFO);
  await clock.advance(60_000);
  await rejects(failing, "Unavailable");
});

Deno.test("stack: waiting for a permit eats no time-out", async () => {
  let finish = () => {};
  const { clock, transport } = stacked({
    stat: (at) =>
      at.name === "a"
        ? new Promise((resolve) => finish = () => resolve(INFO))
        : Promise.resolve(INFO),
  }, { limit: { concurrency: 1 }, timeout: { idleMs: 1000 }, retry: false });
  const first = transport.stat(AT, OPTIONS);
  await settle();
  await clock.advance(900);
  const second = transport.stat(at_("fake://h/b"), OPTIONS);
  assert.equal(clock.pending, 1);
  finish();
  await first;
  assert.equal(await second, INFO);
  assert.equal(clock.pending, 0);
});

Deno.test("stack: a hang is seen by the retry, and gives its permit back", async () => {
  let calls = 0;
  const { clock, transport } = stacked({
    stat: (_, { signal }) => calls++ === 0 ? hang(signal) : Promise.resolve(INFO),
  }, { limit: { concurrency: 1 }, timeout: { idleMs: 1000 } });
  const running = transport.stat(AT, OPTIONS);
  await settle();
  await clock.advance(1000);
  await clock.advance(1000);
  assert.equal(await running, INFO);
  assert.equal(calls, 2);
  assert.equal(clock.pending, 0);
});

Deno.test("stack: the observer sees one event for an operation with all its retries", async () => {
  const events: OperationEvent[] = [];
  let calls = 0;
  const { clock, transport } = stacked({
    stat: () => ++calls < 3 ? temporary() : Promise.resolve(INFO),
  }, { observer: (event) => events.push(event) });
  const running = transport.stat(AT, OPTIONS);
  for (let i = 0; i < 10; i++) {
    await settle(1);
    await clock.advance(100);
  }
  await running;
  assert.equal(calls, 3);
  assert.equal(events.length, 1);
  assert((events[0]?.durationMs ?? 0) > 0);
});

Deno.test("stack: the cache is above the retry and below the observer", async () => {
  const events: OperationEvent[] = [];
  let calls = 0;
  let asked = 0;
  const { transport } = stacked({
    stat: () => {
      calls++;
      return Promise.resolve(INFO);
    },
  }, {
    observer: (event) => events.push(event),
    cache: (inner) => {
      let kept: ReturnType<Transport["stat"]> | undefined;
      return override(inner, {
        stat: (at, o) => {
          asked++;
          return kept ??= inner.stat(at, o);
        },
      });
    },
  });
  await transport.stat(AT, OPTIONS);
  await transport.stat(AT, OPTIONS);
  assert.deepEqual([calls, asked, events.length], [1, 2, 2]);
});

Deno.test("stack: each layer can be left out", async () => {
  const none = { retry: false, limit: false, timeout: false } as const;
  let calls = 0;
  const { clock, transport } = stacked({
    stat: () => {
      calls++;
      return temporary();
    },
    put: () => hang(),
  }, none);
  assert.equal((await rejects(transport.stat(AT, OPTIONS), "Unavailable")).status, "temporary");
  assert.equal(calls, 1);
  transport.put!(AT, sourceOfBytes(bytes("a")), OPTIONS);
  await settle();
  assert.equal(clock.pending, 0);
});

Deno.test("stack adds no operation that the driver lacks, and dispose reaches it", async () => {
  let disposed = 0;
  const { transport } = stacked({ [Symbol.asyncDispose]: () => Promise.resolve(void disposed++) });
  for (const name of ["put", "remove", "mkdir", "rename", "copy", "tree", "describe"] as const) {
    assert.equal(transport[name], undefined);
  }
  await transport[Symbol.asyncDispose]();
  assert.equal(disposed, 1);
});
