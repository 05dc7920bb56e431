import { strict as assert } from "node:assert";
import { Bounded } from "../../serving/bounded.ts";

/** A request whose body gives three bytes, and then does `then`. */
function begun(then: (controller: ReadableStreamDefaultController) => void, onCancel = () => {}) {
  let isBegun = false;
  const body = new ReadableStream({
    pull(controller) {
      if (isBegun) return then(controller);
      isBegun = true;
      controller.enqueue(new Uint8Array(3));
    },
    cancel: onCancel,
  });
  return new Request("http://127.0.0.1/", { method: "PUT", body });
}

Deno.test("a body comes as it is; one that breaks off is 400, one that stands still 408, a long one 413", async () => {
  const whole = new Bounded(begun((body) => body.close()), 3);
  assert.equal((await new Response(whole.stream).bytes()).length, 3);
  assert.equal(whole.failure, undefined);
  const broken = new Bounded(begun((body) => body.error(new Error("cut"))), 10);
  await assert.rejects(new Response(broken.stream).bytes());
  assert.equal(broken.failure?.status, 400);
  let isCancelled = false;
  const still = new Bounded(begun(() => {}, () => isCancelled = true), 10, 20);
  await assert.rejects(new Response(still.stream).bytes());
  assert.deepEqual([still.failure?.status, isCancelled], [408, true]);
  const long = new Bounded(begun((body) => body.enqueue(new Uint8Array(8))), 10);
  await assert.rejects(new Response(long.stream).bytes());
  assert.equal(long.failure?.status, 413);
});

Deno.test("a body whose reader leaves while it waits for more has not broken off", async () => {
  const body = new Bounded(begun(() => {}), 10);
  const reader = body.stream.getReader();
  await reader.read();
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const waiting = reader.read();
  await turn();
  await reader.cancel(new Error("the disk is full"));
  assert.equal((await waiting).done, true);
  await turn();
  assert.equal(body.failure, undefined);
});

Deno.test("a body that drips is 408 after the patience for one that stands still, and one that comes fast enough is not", async () => {
  const sent = (bytes: number) => {
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        controller.enqueue(new Uint8Array(bytes));
      },
    }, { highWaterMark: 0 });
    return new Request("http://127.0.0.1/", { method: "PUT", body });
  };
  const dripping = new Bounded(sent(1), 1000, 50);
  await assert.rejects(new Response(dripping.stream).bytes());
  assert.equal(dripping.failure?.status, 408);
  const fast = new Bounded(sent(100_000), 2_000_000, 50);
  await assert.rejects(new Response(fast.stream).bytes());
  assert.equal(fast.failure?.status, 413, "it goes on until it is too long");
});

Deno.test("a body that shares a slow link is none that drips", async () => {
  let left = 120;
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (left-- === 0) controller.close();
      // At most 12 kB a second, half of what 200 kbit/s are.
      else controller.enqueue(new Uint8Array(120));
    },
  }, { highWaterMark: 0 });
  const request = new Request("http://127.0.0.1/", { method: "PUT", body });
  const slow = new Bounded(request, 100_000, 200);
  assert.equal((await new Response(slow.stream).bytes()).length, 120 * 120);
});
