import { strict as assert } from "node:assert";
import { seededBytes } from "../../../testing/random.ts";
import { spool } from "../../../transports/xnat/spool.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
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
