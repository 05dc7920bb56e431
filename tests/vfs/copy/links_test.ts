import { strict as assert } from "node:assert";
import { toFileUrl } from "@std/path";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { testWithLinks } from "../../links.ts";
import { zipOf } from "../../transports/zip/_build.ts";
import { harvest, plant, rejects } from "../_fakes.ts";

async function onDisk(work: (vfs: Vfs, disk: string) => Promise<void>): Promise<void> {
  await using vfs = createVfs();
  const disk = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  try {
    await work(vfs, toFileUrl(disk).href);
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
}

const within = (zip: string) => `zip://${encodeURIComponent(zip)}`;

testWithLinks(
  "move() of members to themselves, by another name of the zip, loses none",
  () =>
    onDisk(async (vfs, disk) => {
      const inner = zipOf({ "d/a": "a", "d/b": "b" });
      await vfs.writeFile(`${disk}/real/a.zip`, zipOf({ "d/a": "a", "d/b": "b" }));
      await vfs.writeFile(`${within(`${disk}/real/a.zip`)}/in.zip`, inner);
      await Deno.symlink("real", new URL(`${disk}/link`));
      const [real, link] = [`${disk}/real/a.zip`, `${disk}/link/a.zip`].map(within);
      const [deep, other] = [`${real}/in.zip`, `${link}/in.zip`].map(within);
      for (const [from, to] of [[real, link], [deep, other]]) {
        for (const existing of ["replace", "skip", "error"] as const) {
          const one = vfs.move(`${from}/d/a`, `${to}/d/a`, { existing });
          await rejects(one, "InvalidArgument");
          const folder = vfs.move(`${from}/d`, `${to}/d`, { existing });
          await rejects(folder, "InvalidArgument");
          const several = vfs.move([`${from}/d/a`, `${from}/d/b`], `${to}/d`, { existing });
          await rejects(several, "PartialFailure");
          assert.deepEqual(await harvest(vfs, `${from}/d`), { a: "a", b: "b" });
        }
      }
      await vfs.move([`${real}/d/a`, `${real}/d/b`], `${link}/e`);
      assert.deepEqual(await harvest(vfs, `${real}/e`), { a: "a", b: "b" });
      await rejects(vfs.stat(`${real}/d`), "NotFound");
    }),
);

testWithLinks(
  "copy(), move() and sync() of a folder and a link to it take both, each by its name",
  () =>
    onDisk(async (vfs, disk) => {
      await plant(vfs, `${disk}/in`, { real: { "1": "one" } });
      await Deno.symlink("real", new URL(`${disk}/in/link`));
      const both = [`${disk}/in/link`, `${disk}/in/real`];
      const all = { "link/": "", "link/1": "one", "real/": "", "real/1": "one" };
      await vfs.copy(both, `${disk}/copied`);
      assert.deepEqual(await harvest(vfs, `${disk}/copied`), all);
      await vfs.sync(both, `${disk}/synced`);
      assert.deepEqual(await harvest(vfs, `${disk}/synced`), all);
      await vfs.move(both, `${disk}/moved`);
      assert.deepEqual([...Deno.readDirSync(new URL(`${disk}/in`))], []);
      assert.equal(await vfs.readTextFile(`${disk}/moved/real/1`), "one");
      assert(Deno.lstatSync(new URL(`${disk}/moved/link`)).isSymlink);
    }),
);

testWithLinks(
  "move() of a link that leads nowhere moves the link, and elsewhere leaves it where it is",
  () =>
    onDisk(async (vfs, disk) => {
      await vfs.writeFile(`${disk}/f`, "f");
      await Deno.symlink("missing", new URL(`${disk}/a`));
      await vfs.move(`${disk}/a`, `${disk}/d/b`);
      await vfs.move([`${disk}/d/b`, `${disk}/f`], `${disk}/e`);
      assert.equal(await Deno.readLink(new URL(`${disk}/e/b`)), "missing");
      await rejects(vfs.move(`${disk}/e/b`, "memory:///b"), "NotFound");
      await rejects(vfs.move([`${disk}/e/b`, `${disk}/e/f`], "memory:///in"), "PartialFailure");
      assert.equal(await Deno.readLink(new URL(`${disk}/e/b`)), "missing");
      assert.deepEqual(await harvest(vfs, "memory:///in"), { f: "f" });
      await rejects(vfs.move(`${disk}/no`, `${disk}/n`), "NotFound");
    }),
);

testWithLinks(
  "move() of a link to a folder to elsewhere keeps the link while anything is left in the folder",
  () =>
    onDisk(async (vfs, disk) => {
      await vfs.writeFile(`${disk}/real/f`, "f");
      await Deno.symlink("f", new URL(`${disk}/real/skipped`));
      await Deno.symlink("real", new URL(`${disk}/link`));
      assert.equal((await vfs.move(`${disk}/link`, "memory:///one")).skipped, 1);
      assert.equal((await vfs.move([`${disk}/link`], "memory:///several")).skipped, 1);
      assert.equal(await Deno.readLink(new URL(`${disk}/link`)), "real");
      await vfs.remove(`${disk}/real/skipped`);
      await vfs.move(`${disk}/link`, "memory:///all");
      assert.deepEqual(await harvest(vfs, disk), { "real/": "" });
    }),
);

testWithLinks(
  "copy() and move() of a folder into itself, by way of a link, are refused before anything is copied",
  () =>
    onDisk(async (vfs, disk) => {
      await plant(vfs, `${disk}/real`, { f: "f", sub: { g: "g" }, z: { deep: { h: "h" } } });
      await Deno.symlink("real", new URL(`${disk}/link`));
      const before = await harvest(vfs, `${disk}/real`);
      for (const to of ["link/z", "link/z/deep/new"]) {
        for (const existing of ["skip", "replace"] as const) {
          const into = `${disk}/${to}`;
          await rejects(vfs.copy(`${disk}/real`, into, { existing }), "InvalidArgument");
          await rejects(vfs.move(`${disk}/real`, into, { existing }), "InvalidArgument");
          const both = [`${disk}/real`, `${disk}/real/f`];
          await rejects(vfs.copy(both, `${disk}/link/z/deep`, { existing }), "PartialFailure");
          assert.equal(await vfs.readTextFile(`${disk}/link/z/deep/f`), "f");
          await vfs.remove(`${disk}/link/z/deep/f`);
          assert.deepEqual(await harvest(vfs, `${disk}/real`), before);
        }
      }
      await vfs.copy(`${disk}/link`, `${disk}/other`);
      assert.deepEqual(await harvest(vfs, `${disk}/other`), before);
    }),
);
