import { settableClock } from "../settable_clock.ts";
import { strict as assert } from "node:assert";
import { PictureFiles } from "../../browse/picture_files.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ReadOptions } from "../../vfs/options.ts";

const FILE = "memory:///a.bin";

type PassingClock = Clock & Pick<ManualClock, "advance">;

/** Files over a counted `readFile`. */
async function kit(hasRanges: boolean, size = 10, clock: PassingClock = manualClock()) {
  const vfs = createVfs();
  await vfs.writeFile(FILE, Uint8Array.from({ length: size }, (_, i) => i));
  const asked: string[] = [];
  const counted = {
    readFile: (where: string, options: ReadOptions) => {
      asked.push(JSON.stringify(options.range ?? "all"));
      return vfs.readFile(where, options);
    },
    open: (where: string, options: ReadOptions) => {
      asked.push("all");
      return vfs.open(where, options);
    },
  } as unknown as Vfs;
  const files = new PictureFiles(counted, hasRanges, clock);
  return { vfs, asked, clock, files, [Symbol.asyncDispose]: () => vfs.close() };
}

Deno.test("PictureFiles reads a range once, and anew after a minute or a change", async () => {
  await using it = await kit(true);
  const read = async () => [...await it.files.readFile(FILE, { range: { start: 2, end: 5 } })];
  assert.deepEqual(await read(), [2, 3, 4]);
  assert.deepEqual(await read(), [2, 3, 4]);
  assert.equal(it.asked.length, 1);
  await it.clock.advance(60_000);
  await read();
  assert.equal(it.asked.length, 2);
  it.files.clear();
  await read();
  assert.deepEqual(it.asked, Array(3).fill('{"start":2,"end":5}'));
});

Deno.test("PictureFiles reads the whole once where ranges cost as much", async () => {
  await using it = await kit(false);
  const read = async (start: number, end: number) => [
    ...await it.files.readFile(FILE, { range: { start, end } }),
  ];
  assert.deepEqual(await read(0, 2), [0, 1]);
  assert.deepEqual(await read(8, 99), [8, 9]);
  await assert.rejects(read(10, 12), { kind: "RangeNotSatisfiable" });
  assert.deepEqual(it.asked, ["all"]);
});

Deno.test("PictureFiles does not hold a whole file that is too long", async () => {
  await using it = await kit(false, 0);
  const part = new Uint8Array(2 ** 26);
  const long = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(part) });
  Object.assign(it.vfs, {
    open: () => ({ readable: long, [Symbol.asyncDispose]: () => Promise.resolve() }),
  });
  await assert.rejects(it.files.readFile(FILE, { range: { start: 0, end: 1 } }), {
    kind: "NotSupported",
  });
});

Deno.test("PictureFiles lets go what was used longest ago, and never keeps what is too large", async () => {
  const part = 20 * 2 ** 20;
  await using it = await kit(true, 5 * part);
  const read = (index: number, length = part) =>
    it.files.readFile(FILE, { range: { start: index * part, end: index * part + length } });
  for (const index of [0, 1, 2, 3, 0, 4, 0, 1]) await read(index);
  // The fifth part takes the room of the second, which was used longest ago.
  assert.equal(it.asked.length, 6);
  it.asked.length = 0;
  await read(0, 2 * part);
  await read(0, 2 * part);
  assert.equal(it.asked.length, 2);
});

Deno.test("PictureFiles reads anew after a minute, also when the clock was set back", async () => {
  const clock = settableClock();
  await using it = await kit(true, 10, clock);
  const read = () => it.files.readFile(FILE, { range: { start: 2, end: 5 } });
  await read();
  clock.set(-6 * 3_600_000);
  await clock.advance(60_000);
  await read();
  assert.equal(it.asked.length, 2);
});
