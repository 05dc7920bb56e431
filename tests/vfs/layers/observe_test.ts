import { settableClock } from "../../settable_clock.ts";
import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { collect, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { observe, type OperationEvent } from "../../../vfs/layers/observe.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { at_, bytes, fake, readerOfChunks, rejects } from "../_fakes.ts";

const AT = at_("fake://h/a");
const OPTIONS = { signal: NEVER };
const INFO = { kind: "file", size: 3 } as const;

function observed(operations: Partial<Transport>) {
  const events: OperationEvent[] = [];
  const clock = manualClock({ start: 1000 });
  const transport = observe((event) => events.push(event), clock)(fake(operations, { tree: true }));
  return { events, clock, transport };
}

Deno.test("observe tells each operation once, with its URL, duration, bytes and entries", async () => {
  const { events, clock, transport } = observed({
    stat: async () => {
      await clock.advance(7);
      return INFO;
    },
    list: async function* () {
      yield await Promise.resolve([{ name: "a", kind: "file" }, { name: "b", kind: "file" }]);
      yield [{ name: "c", kind: "file" }];
    },
    tree: async function* (location) {
      yield await Promise.resolve({ location, entries: [{ name: "a", kind: "file" }] });
    },
    get: () =>
      Promise.resolve({ info: INFO, offset: 0, body: readerOfChunks([bytes("ab"), bytes("c")]) }),
    put: () => Promise.resolve(INFO),
    importFiles: () => Promise.resolve([AT]),
    copy: () => Promise.resolve(INFO),
    remove: () => Promise.resolve(),
    removeMany: () =>
      Promise.resolve(new Map([[AT, new VfsError("NotFound", { op: "remove", url: AT.href })]])),
    mkdir: () => Promise.resolve(),
    rename: () => Promise.resolve(),
    describe: () => Promise.resolve("x"),
  });
  await transport.stat(AT, OPTIONS);
  await Array.fromAsync(transport.list(AT, OPTIONS));
  await Array.fromAsync(transport.tree!(AT, OPTIONS));
  await collect((await transport.get(AT, OPTIONS)).body);
  await transport.put!(AT, sourceOfBytes(bytes("abc")), OPTIONS);
  const named = { ...sourceOfBytes(bytes("abc")), name: "1.2.dcm" };
  await transport.importFiles!(AT, [named, named], OPTIONS);
  await transport.copy!(AT, AT, OPTIONS);
  await transport.remove!(AT, OPTIONS);
  await transport.removeMany!([at_(AT.href), AT], OPTIONS);
  await transport.mkdir!(AT, OPTIONS);
  await transport.rename!(AT, AT, OPTIONS);
  await transport.describe!(AT, OPTIONS);
  assert.deepEqual(events.map(({ op, bytes, entries }) => [op, bytes ?? entries]), [
    ["stat", undefined],
    ["list", 3],
    ["tree", 1],
    ["read", 3],
    ["write", 3],
    ["import", 2],
    ["copy", 3],
    ["remove", undefined],
    ["remove", undefined],
    ["remove", undefined],
    ["mkdir", undefined],
    ["rename", undefined],
    ["describe", undefined],
  ]);
  assert.equal(events[0]?.durationMs, 7);
  assert.deepEqual(events.map(({ error }) => error?.kind).filter(Boolean), ["NotFound"]);
  assert(events.every(({ url }) => url === AT.href));
});

Deno.test("observe tells the error that an operation ended with, also of a body and of a listing", async () => {
  const error = new VfsError("Corrupt", { op: "x", url: AT.href });
  const { events, transport } = observed({
    stat: () => Promise.reject(error),
    list: async function* () {
      yield await Promise.resolve([{ name: "a", kind: "file" }]);
      throw error;
    },
    get: (at) =>
      at.name === "a" ? Promise.reject(error) : Promise.resolve({
        info: INFO,
        offset: 0,
        body: { read: () => Promise.reject(error), close: () => Promise.resolve() },
      }),
  });
  await rejects(transport.stat(AT, OPTIONS), "Corrupt");
  await rejects(Array.fromAsync(transport.list(AT, OPTIONS)), "Corrupt");
  await rejects(transport.get(AT, OPTIONS), "Corrupt");
  await rejects(collect((await transport.get(at_("fake://h/b"), OPTIONS)).body), "Corrupt");
  assert.equal(events.length, 4);
  assert(events.every((event) => event.error === error));
  assert.equal(events[1]?.entries, 1);
});

Deno.test("observe tells each file that is read or stored together, and why the others are not stored", async () => {
  const error = new VfsError("Corrupt", { op: "x", url: AT.href });
  const [a, b, c] = ["a", "b", "c"].map((name) => at_(`fake://h/${name}`));
  const { events, clock, transport } = observed({
    async *getMany(locations) {
      for (const location of locations) {
        await clock.advance(5);
        yield [{ location, got: { info: INFO, offset: 0, body: bytes("abc") } }];
      }
    },
    async *putMany([first, second]) {
      await clock.advance(7);
      yield [{ location: first!.location, stored: INFO }, { location: second!.location, error }];
      throw error;
    },
    removeMany: () => Promise.reject(error),
  });
  const source = { ...sourceOfBytes(bytes("abcd")), size: 4 };
  const files = [a!, b!, c!].map((location) => ({ location, source }));
  await Array.fromAsync(transport.getMany!([a!, b!], OPTIONS));
  await rejects(Array.fromAsync(transport.putMany!(files, OPTIONS)), "Corrupt");
  await rejects(transport.removeMany!([a!, b!], OPTIONS), "Corrupt");
  const told = events.map(({ op, url, bytes, durationMs, error }) =>
    [op, url.at(-1), bytes, durationMs, error?.kind].filter((each) => each !== undefined)
  );
  assert.deepEqual(told, [
    ["read", "a", 3, 5],
    ["read", "b", 3, 5],
    ["write", "a", 4, 7],
    ["write", "b", 7, "Corrupt"],
    ["write", "c", 7, "Corrupt"],
    ["remove", "a", 0, "Corrupt"],
    ["remove", "b", 0, "Corrupt"],
  ]);
});

Deno.test("observe tells a body that is closed, and a listing that is left, once", async () => {
  const { events, transport } = observed({
    list: async function* () {
      while (true) yield await Promise.resolve([{ name: "a", kind: "file" }]);
    },
    get: () =>
      Promise.resolve({ info: INFO, offset: 0, body: readerOfChunks([bytes("ab"), bytes("c")]) }),
  });
  for await (const _ of transport.list(AT, OPTIONS)) break;
  const { body } = await transport.get(AT, OPTIONS);
  assert(!(body instanceof Uint8Array));
  await body.read();
  assert.equal(events.length, 1);
  await body.close();
  await body.close();
  assert.deepEqual(events.map(({ op, bytes, error }) => [op, bytes, error]), [
    ["list", undefined, undefined],
    ["read", 2, undefined],
  ]);
});

Deno.test("observe tells how long something took, also when the clock is set back meanwhile", async () => {
  const events: OperationEvent[] = [];
  const clock = settableClock();
  const stat = async () => {
    clock.set(-3_600_000);
    await clock.advance(7);
    return INFO;
  };
  await observe((event) => events.push(event), clock)(fake({ stat })).stat(AT, OPTIONS);
  assert.equal(events[0]?.durationMs, 7);
});
