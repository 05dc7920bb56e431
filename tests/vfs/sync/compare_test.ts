import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";

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
