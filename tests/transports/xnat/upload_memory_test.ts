import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { UploadMemory } from "../../../transports/xnat/upload_memory.ts";

Deno.test("UploadMemory lends again what was given back, and no less than is asked for", () => {
  using memory = new UploadMemory(manualClock());
  const [a, b] = [memory.lend(10), memory.lend(10)];
  assert.notEqual(a, b);
  memory.giveBack(a);
  assert.equal(memory.lend(8), a);
  memory.giveBack(a);
  assert.equal(memory.lend(20).byteLength, 20);
  assert.notEqual(memory.lend(8), a, "it was replaced");
});

Deno.test("UploadMemory keeps what was given back until none came for a tenth of a second", async () => {
  const clock = manualClock();
  using memory = new UploadMemory(clock);
  const [a, b] = [memory.lend(10), memory.lend(10)];
  memory.giveBack(a);
  await clock.advance(90);
  memory.giveBack(b);
  await clock.advance(90);
  assert.equal(memory.lend(10), a);
  memory.giveBack(a);
  await clock.advance(100);
  assert(![a, b].includes(memory.lend(10)));
});

Deno.test("UploadMemory that is disposed keeps nothing, nor waits", () => {
  const memory = new UploadMemory(manualClock());
  const [a, b] = [memory.lend(10), memory.lend(10)];
  memory.giveBack(a);
  memory[Symbol.dispose]();
  memory.giveBack(b);
  assert(![a, b].includes(memory.lend(10)));
});
