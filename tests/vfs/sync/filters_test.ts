import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import type { SyncFilters, SyncOptions } from "../../../vfs/sync/options.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { makePlace, type Scheme } from "./_places.ts";

const SCHEMES: readonly Scheme[] = ["file", "memory", "xnat", "zip"];

const SOURCE = ["same.dcm", "new.dcm", "new.txt", "cache/new.dcm", "private/new.dcm"];
/** What only the destination has. */
const GONE = [
  "gone.dcm",
  "gone.txt",
  "cache/gone.dcm",
  "cache/deep/gone.txt",
  "private/gone.dcm",
  "other/gone.dcm",
  "other/deep/gone.txt",
];

type Filter = Pick<SyncOptions, keyof SyncFilters | "where">;
const FILTERS: Readonly<Record<string, readonly [Filter, isHidden: (path: string) => boolean]>> = {
  none: [{}, () => false],
  exts: [{ exts: [".dcm"] }, (path) => path.endsWith(".txt")],
  match: [{ match: [/\.txt$/] }, (path) => path.endsWith(".dcm")],
  "skip of a directory": [{ skip: [/^cache(\/|$)/] }, (path) => path.startsWith("cache/")],
  "skip of files": [{ skip: [/gone\.dcm$/] }, (path) => path.endsWith("gone.dcm")],
  where: [
    { where: ({ location }) => !location.segments.includes("private") },
    (path) => path.startsWith("private/"),
  ],
};

async function pathsIn(vfs: Vfs, url: string): Promise<string[]> {
  const top = await Array.fromAsync(vfs.entries(url));
  const depth = parseLocation(url).location.segments.length;
  return top.filter(({ isFile }) => isFile)
    .map(({ location }) => location.segments.slice(depth).join("/")).sort();
}

for (const from of SCHEMES) {
  for (const to of SCHEMES) {
    Deno.test(`sync() ${from}: to ${to}: with delete leaves what a filter hides at the destination, and deletes the rest`, async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using vfs = createVfs();
        await using source = await makePlace(from, folder, "a");
        for (const path of SOURCE) await vfs.writeFile(`${source.url}/${path}`, path);
        for (const [name, [filter, isHidden]] of Object.entries(FILTERS)) {
          await using target = await makePlace(to, folder, `b-${name.replaceAll(" ", "-")}`);
          for (const path of ["same.dcm", ...GONE]) {
            await vfs.writeFile(`${target.url}/${path}`, path);
          }
          const gone = GONE.filter((path) => !isHidden(path));
          const plan = await vfs.sync(source.url, target.url, {
            ...filter,
            delete: true,
            dryRun: true,
          });
          assert.equal(plan.actions.delete, gone.length, `${name}: planned`);
          const report = await vfs.sync(source.url, target.url, { ...filter, delete: true });
          assert.equal(report.actions.delete, gone.length, name);
          const wanted = [
            "same.dcm",
            ...SOURCE.filter((path) => !isHidden(path)),
            ...GONE.filter(isHidden),
          ];
          assert.deepEqual(await pathsIn(vfs, target.url), [...new Set(wanted)].sort(), name);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

Deno.test("sync() asks `where` of no more files at once than it copies, though many are stored together", async () => {
  await using server = await startXnatServer();
  server.seed.scan(["P", "sub1", "ses1", "1"]);
  const target = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub1/ses1/1/R`;
  await using vfs = createVfs();
  for (let i = 0; i < 200; i++) await vfs.writeFile(`memory:///many/${i}.txt`, `${i}`);
  let asked = 0;
  let most = 0;
  const where = async () => {
    most = Math.max(most, ++asked);
    await new Promise((resolve) => setTimeout(resolve, 1));
    asked--;
    return true;
  };
  const report = await vfs.sync("memory:///many", target, { where });
  assert.equal(report.done, 200);
  assert(most > 1 && most <= 8, `${most} at once`);
});
