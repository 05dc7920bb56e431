import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { faults } from "../../../testing/faults.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { SyncReport } from "../../../vfs/sync/options.ts";
import type { TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { vfsOf } from "../_fakes.ts";
import { edited, harvest, randomFiles, store } from "./_trees.ts";

/** Seeded runs of each pair of drivers. */
const RUNS = Number(Deno.env.get("MEDVFS_SYNC_RUNS") ?? 8);

/** `driver` with faults that its caller must bear: the retries are too few to mend them all. */
function faulty(driver: TransportDriver, scheme: string, seed: number): TransportDriver {
  const layer = faults({
    seed,
    rate: 0.15,
    maxInARow: 4,
    maxBytes: 300,
    unrepeatable: true,
    name: ({ segments }) => segments.slice(-2).join("/"),
  });
  return {
    ...driver,
    name: scheme,
    schemes: [scheme],
    connect: async (options) => guard(scheme)(layer(await driver.connect(options))),
  };
}

/** Syncs until nothing fails, and tells how often something did. The numbers of every report add up. */
async function until(vfs: Vfs, from: string, to: string): Promise<number> {
  for (let failures = 0; failures < 40; failures++) {
    try {
      addsUp(await vfs.sync(from, to, { delete: true }));
      return failures;
    } catch (error) {
      // A top that cannot be listed gives no report.
      if (error instanceof TransferFailed) addsUp(error.report as SyncReport);
      else if (!isVfsError(error)) throw error;
    }
  }
  throw new Error("It never came to an end");
}

function addsUp({ actions, done, kept, skipped, failed }: SyncReport): void {
  const total = Object.values(actions).reduce((sum, count) => sum + count, 0);
  assert.equal(total, done + kept + skipped + failed);
}

for (const [source, target] of [["memory", "memory"], ["memory", "file"], ["file", "memory"]]) {
  const name =
    `sync() ${source}: to ${target}: under ${RUNS} seeds of faults ends with the same trees`;
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
    let failures = 0;
    try {
      for (let seed = 1; seed <= RUNS; seed++) {
        const driverOf = (kind: string) => kind === "file" ? fileTransport() : memoryTransport();
        const plain = { source: driverOf(source!), target: driverOf(target!) };
        const topOf = (kind: string, side: string) =>
          kind === "file" ? `${toFileUrl(folder)}/${seed}/${side}` : `memory://${side}/top`;
        const calm = vfsOf([
          { ...plain.source, schemes: ["from"] },
          { ...plain.target, schemes: ["to"] },
        ]);
        const wild = vfsOf([
          faulty(plain.source, "from", seed),
          faulty(plain.target, "to", seed + 1000),
        ], { layers: { retry: { attempts: 2 }, random: () => 0 } });
        const from = topOf(source!, "a").replace(/^\w+/, "from");
        const to = topOf(target!, "b").replace(/^\w+/, "to");
        const files = randomFiles(seed, 25);
        await store(calm, from, edited(files, seed));
        await store(calm, to, files);
        failures += await until(wild, from, to);
        assert.deepEqual(await harvest(calm, to), await harvest(calm, from), `seed ${seed}`);
        await calm.close();
        await wild.close();
      }
      assert.ok(failures > RUNS / 5, `only ${failures} runs failed`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
