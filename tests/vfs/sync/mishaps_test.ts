import { strict as assert } from "node:assert";
import { seededBytes } from "../../../testing/random.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { SyncOptions, SyncReport } from "../../../vfs/sync/options.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { contentOf, fill, makePlace, type Place, SCHEMES, study, vfsWith } from "./_places.ts";
import type { Files } from "./_trees.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Syncs, and gives the report also of what failed in part. */
async function synced(vfs: Vfs, from: string, to: string, options?: SyncOptions) {
  try {
    return await vfs.sync(from, to, options);
  } catch (error) {
    if (error instanceof TransferFailed) return error.report as SyncReport;
    throw error;
  }
}

const textFiles = (...names: string[]): Files =>
  new Map(names.map((name) => [name, new TextEncoder().encode(name)]));

/** Whether we may mount a small file system. */
const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 && await canMount();

async function canMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  const isMounted = await mount(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs");
  if (isMounted) await unmount(folder);
  await Deno.remove(folder);
  return isMounted;
}

async function mount(folder: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command("mount", { args: [...args, folder] }).output();
  return success;
}

async function unmount(folder: string): Promise<void> {
  await new Deno.Command("umount", { args: [folder] }).output();
}

// An XNAT whose disk is full answers 500, as in the other tests.
for (const scheme of ["file", "zip", "dicom"] as const) {
  Deno.test(
    `sync() to ${scheme}: on a full disk tells what failed, leaves nothing half, and goes on when there is room`,
    {
      // Only root may mount a small file system, and not in every container.
      ignore: !mayMount,
    },
    () =>
      withFolder(async (folder) => {
        const disk = `${folder}/disk`;
        await Deno.mkdir(disk);
        assert.ok(
          await mount(disk, "-t", "tmpfs", "-o", `size=${scheme === "zip" ? 120 : 400}k`, "tmpfs"),
        );
        try {
          await using target = await makePlace(scheme, disk, "b");
          await using vfs = createVfs({ layers: { random: () => 0, retry: { attempts: 2 } } });
          const files = await study(["CT"]);
          await fill(vfs, { scheme: "memory", url: "memory:///a" }, files);
          const full = await synced(vfs, "memory:///a", target.url);
          assert.ok(full.failed > 0, "it was not full");
          assert.equal(full.done + full.failed, files.size);
          for (const { error } of full.problems) {
            // A server tells it in its own way.
            const kinds = [
              "StorageFull",
              "Unavailable",
              "Protocol",
              "Incomplete",
              "AssociationFailed",
            ];
            if (["file", "zip"].includes(scheme)) assert.equal(error?.kind, "StorageFull");
            else assert.ok(kinds.includes(error!.kind), error!.message);
          }
          assert.ok(await mount(disk, "-o", "remount,size=20m"));
          const after = await synced(vfs, "memory:///a", target.url, { exists: true });
          assert.equal(after.failed, 0, after.problems[0]?.error?.message);
          await using fresh = createVfs();
          const isFiled = scheme === "dicom";
          const there = await contentOf(fresh, target, isFiled);
          assert.deepEqual(there, await contentOf(vfs, { url: "memory:///a" } as Place, isFiled));
          assert.deepEqual(await namesBelow(disk, /\.medvfs-tmp$/), []);
        } finally {
          await unmount(disk);
        }
      }),
  );
}

async function namesBelow(folder: string, pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (pattern.test(name)) found.push(name);
    if (isDirectory) found.push(...await namesBelow(`${folder}/${name}`, pattern));
  }
  return found;
}

Deno.test("sync() does what it does while the clock jumps by hours, and again nothing", () =>
  withFolder(async (folder) => {
    const memory = memoryTransport();
    const files = await study(["CT"]);
    for (const [i, scheme] of SCHEMES.entries()) {
      let calls = 0;
      let offset = 0;
      const hours = 3_600_000 * 5;
      // Each tenth look at the clock it has been set, on or back.
      const now = () => {
        if (++calls % 10 === 0) offset = calls % 20 === 0 ? hours : -hours;
        return Date.now() + offset;
      };
      await using vfs = vfsWith(memory, { layers: { clock: { ...systemClock, now } } });
      await using target = await makePlace(scheme, folder, `b${i}`);
      const from = { scheme: "memory", url: `memory://a${i}/top` } as const;
      await fill(vfs, from, files);
      const journal = `${folder}/journal${i}`;
      const first = await synced(vfs, from.url, target.url, { journal });
      assert.deepEqual([first.done, first.failed], [18, 0], first.problems[0]?.error?.message);
      assert.ok(first.elapsedMs >= 0 && first.elapsedMs < 60_000);
      const again = await synced(vfs, from.url, target.url, { journal });
      assert.deepEqual([again.kept, again.done], [18, 0], scheme);
      const isFiled = scheme === "dicom";
      assert.deepEqual(
        await contentOf(vfs, target, isFiled),
        await contentOf(vfs, from as Place, isFiled),
      );
    }
  }));

Deno.test("sync() refuses names that the destination cannot have, one by one, and does the rest", () =>
  withFolder(async (folder) => {
    const odd = [
      "back\\slash",
      "x".repeat(300),
      "a:b",
      "con",
      "nul.txt",
      "x[1]ä",
      "#",
      "%41",
      "ok",
    ];
    for (const scheme of ["file", "xnat", "zip"] as const) {
      await using vfs = createVfs();
      await using target = await makePlace(scheme, folder, "b");
      await fill(vfs, { scheme: "memory", url: "memory:///a" }, textFiles(...odd));
      const report = await synced(vfs, "memory:///a", target.url);
      assert.equal(report.done + report.failed, odd.length);
      const failed = report.problems.map(({ from }) => decodeURIComponent(from.split("/").at(-1)!));
      const isFewer = scheme === "file" && Deno.build.os === "windows";
      const expected = isFewer
        ? odd.slice(0, 5)
        : { file: [odd[1]!], xnat: [odd[0]!], zip: [odd[0]!, "a:b"] }[scheme];
      assert.deepEqual(failed.sort(), expected.toSorted(), scheme);
      for (const { error } of report.problems) assert.ok(error);
      await using fresh = createVfs();
      const there = Object.keys(await contentOf(fresh, target, false));
      assert.deepEqual(there.sort(), odd.filter((name) => !expected.includes(name)).sort());
      const again = await synced(vfs, "memory:///a", target.url);
      assert.deepEqual([again.done, again.failed], [0, expected.length]);
    }
  }));

Deno.test("sync() from an XNAT tells what vanished meanwhile, and the next run deletes it at the destination", () =>
  withFolder(async (folder) => {
    await using source = await makePlace("xnat", folder, "a");
    await using vfs = createVfs({ layers: { random: () => 0 } });
    const files: Files = new Map(
      Array.from({ length: 30 }, (_, i) => [`${i}.bin`, seededBytes(i, 2_000_000)]),
    );
    await fill(vfs, source, files);
    let isGone = false;
    const onOutcome = async () => {
      if (isGone) return;
      isGone = true;
      await using other = createVfs();
      await other.remove(`${source.url}/29.bin`);
    };
    const to = `${folder}/b`;
    const options = { delete: true, concurrency: 1 };
    const first = await synced(vfs, source.url, to, { ...options, onOutcome });
    assert.deepEqual([first.done, first.failed], [29, 1]);
    assert.match(first.problems[0]!.from, /29\.bin$/);
    await using fresh = createVfs();
    await fresh.writeFile(`${to}/29.bin`, "old");
    const again = await synced(fresh, source.url, to, options);
    assert.deepEqual([again.kept, again.actions.delete, again.failed], [29, 1, 0]);
  }));
