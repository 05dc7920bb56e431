import { strict as assert } from "node:assert";
import { seededBytes } from "../../../testing/random.ts";
import { spool } from "../../../transports/xnat/spool.ts";
import { collect, readerOf } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

const ASK = { op: "write", url: "xnat://host/P" };

/** Temporary files of uploads that have a name. */
async function uploads(): Promise<Set<string>> {
  const probe = await Deno.makeTempFile();
  await Deno.remove(probe);
  const folder = probe.slice(0, probe.lastIndexOf("/"));
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return new Set(names.filter((name) => /^medvfs-.*\.upload$/.test(name)));
}

Deno.test("spool() keeps what is large in a file without a name, which several can read at once", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const content = seededBytes(1, 1_000_000);
  const before = await uploads();
  let at = 0;
  const read = () =>
    Promise.resolve(at < content.length ? content.slice(at, at += 99_991) : undefined);
  const open = () => Promise.resolve({ read, close: () => Promise.resolve() });
  {
    await using spooled = await spool({ replayable: false, open }, 1000, ASK, NEVER);
    assert.equal(spooled.source.size, content.length);
    assert.equal((await uploads()).difference(before).size, 0);
    const bodies = await Promise.all([1, 2, 3].map(() => spooled.source.open()));
    for (const body of await Promise.all(bodies.map(collect))) assert.deepEqual(body, content);
  }
});

Deno.test("spool() of what is large has it read into the same memory again and again, and reads it so", async () => {
  const content = seededBytes(2, 1_000_000);
  const lent = new Set<ArrayBuffer>();
  let at = 0;
  const read = (into = new Uint8Array(70_000)) => {
    lent.add(into.buffer);
    const part = content.subarray(at, at += into.length);
    into.set(part);
    return Promise.resolve(part.length > 0 ? into.subarray(0, part.length) : undefined);
  };
  const open = () => Promise.resolve({ read, close: () => Promise.resolve() });
  await using spooled = await spool({ replayable: false, open }, 1000, ASK, NEVER);
  // The first is kept, since it may be all.
  assert.equal(lent.size, 2);
  const reader = readerOf(await spooled.source.open());
  const memory = new Uint8Array(content.length);
  let length = 0;
  for (let chunk; (chunk = await reader.read(memory.subarray(length)));) {
    assert.equal(chunk.buffer, memory.buffer);
    length += chunk.length;
    if (length === content.length) break;
  }
  assert.deepEqual(memory, content);
});
