import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";

Deno.test("check() calls what changed at another time the same when its content is, and sync() copies it again", async () => {
  await using vfs = createVfs();
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
  await vfs.writeFile("memory://a/same", "text", { mtime: at(1) });
  await vfs.writeFile("memory://b/same", "text", { mtime: at(2) });
  await vfs.writeFile("memory://a/other", "text", { mtime: at(1) });
  await vfs.writeFile("memory://b/other", "next", { mtime: at(2) });
  const { matching, differing } = await vfs.check("memory://a/", "memory://b/");
  assert.deepEqual([matching, differing], [1, 1]);
  assert.equal((await vfs.sync("memory://a/", "memory://b/")).actions.update, 2);
});

Deno.test("sync() copies another version of the same size that is a second or two younger, and leaves what is the same", async () => {
  await using vfs = createVfs();
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  const store = async (text: string, time: string) => {
    await Deno.mkdir(`${folder}/from`, { recursive: true });
    await Deno.writeTextFile(`${folder}/from/f`, text);
    await Deno.utime(`${folder}/from/f`, new Date(time), new Date(time));
  };
  try {
    const versions = ["12:00:00", "12:00:01", "12:00:02.500", "12:00:04", "12:00:04.700"];
    for (const [i, time] of versions.entries()) {
      await store(`version ${i}`, `2026-01-01T${time}Z`);
      await vfs.sync(`${folder}/from`, `${folder}/to`);
      assert.equal(await Deno.readTextFile(`${folder}/to/f`), `version ${i}`);
    }
    // As FAT rounds it.
    const rounded = new Date("2026-01-01T12:00:04Z");
    await Deno.utime(`${folder}/to/f`, rounded, rounded);
    assert.equal((await vfs.sync(`${folder}/from`, `${folder}/to`)).kept, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
