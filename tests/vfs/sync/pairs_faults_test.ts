import { strict as assert } from "node:assert";
import { faults } from "../../../testing/faults.ts";
import { seededRandom } from "../../../testing/random.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import type { SyncOptions, SyncOutcome, SyncReport } from "../../../vfs/sync/options.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";
import {
  contentOf,
  fill,
  makePlace,
  PAIRS,
  type Place,
  type Scheme,
  study,
  temporaries,
  vfsWith,
} from "./_places.ts";

/** Seeded runs of each pair of schemes. */
const RUNS = Number(Deno.env.get("MEDVFS_SYNC_RUNS") ?? 1);
const JOURNAL = "memory://journal/j";
/** Runs until the network gets better. */
const BAD_RUNS = 8;
/** Longest wait for a peer that stalls. */
const PATIENCE_MS = 500;

type Random = () => number;

for (const [from, to] of PAIRS) {
  Deno.test(`sync() ${from}: to ${to}: through faults, a changing source and reruns, ${RUNS} times, ends with the same trees`, async () => {
    let failures = 0;
    for (let seed = 1; seed <= RUNS; seed++) failures += await run(from, to, seed);
    console.log(`${failures} runs failed before ${RUNS} did all`);
  });
}

/** One seed: runs until nothing fails, and looks at what is there. Gives how many runs failed. */
async function run(from: Scheme, to: Scheme, seed: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  const memory = memoryTransport();
  try {
    await using calm = vfsWith(memory);
    await using source = await makePlace(from, folder, "a");
    await using target = await makePlace(to, folder, "b");
    await fill(calm, source, await study(["CT"]));
    const random = seededRandom(seed);
    const wild = wildVfs(memory, seed);
    const options: SyncOptions = { journal: JOURNAL, delete: to !== "dicom" };
    const removed: string[] = [];
    let failures = 0;
    for (let isDone = false; !isDone; failures += isDone ? 0 : 1) {
      assert(failures < 60, "it never came to an end");
      await using vfs = wild();
      const prepare = failures < BAD_RUNS ? disturb : soothe;
      for (const place of [source, target]) prepare(place, random);
      const meddle = failures > 1 ? undefined : async () => {
        soothe(source);
        await using fresh = vfsWith(memory);
        removed.push(...await change(fresh, source, seed + failures));
      };
      isDone = await once(vfs, source, target, options, meddle);
      assert.deepEqual(await left(folder), [], `seed ${seed}, run ${failures}`);
    }
    await check(memory, source, target, removed, options);
    return failures;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Syncs once, while `meddle` changes the source; gives whether nothing failed. */
async function once(
  vfs: Vfs,
  source: Place,
  target: Place,
  options: SyncOptions,
  meddle: (() => Promise<void>) | undefined,
): Promise<boolean> {
  const outcomes: SyncOutcome[] = [];
  let meddling: Promise<void> | undefined;
  const onOutcome = (outcome: SyncOutcome) => {
    outcomes.push(outcome);
    if (outcomes.length === 3) meddling = meddle?.();
  };
  try {
    addsUp(await vfs.sync(source.url, target.url, { ...options, onOutcome }), outcomes);
    // Who changes it at the very end is seen by the next run.
    return meddling === undefined;
  } catch (error) {
    // A top that cannot be listed, or a journal, gives no report.
    if (error instanceof TransferFailed) addsUp(error.report as SyncReport, outcomes);
    else if (!isVfsError(error)) throw error;
    return false;
  } finally {
    await meddling;
  }
}

/** The numbers add up, and each failure is told with its place. */
function addsUp(
  { actions, done, kept, skipped, failed }: SyncReport,
  outcomes: readonly SyncOutcome[],
): void {
  const total = Object.values(actions).reduce((sum, count) => sum + count, 0);
  assert.equal(total, done + kept + skipped + failed);
  assert.equal(outcomes.length, total - kept);
  const told = outcomes.filter(({ result }) => result === "failed");
  assert.equal(told.length, failed);
  for (const { from, error } of told) {
    assert.match(from, /^(file|memory|xnat\+http|dicom|zip):\/\//);
    assert(error);
  }
}

/** Trees are the same, the journal leads to the same again, and no server has kept what nobody knows. */
async function check(
  memory: TransportDriver,
  source: Place,
  target: Place,
  removed: readonly string[],
  options: SyncOptions,
): Promise<void> {
  for (const place of [source, target]) soothe(place);
  await using vfs = vfsWith(memory);
  const byUID = [source.scheme, target.scheme].includes("dicom");
  const wanted = await contentOf(vfs, source, byUID);
  const there = await contentOf(vfs, target, byUID);
  assert.ok(Object.keys(wanted).length >= 16);
  // What is gone at the source stays where nothing can be deleted.
  const extra = Object.keys(there).filter((key) => !Object.hasOwn(wanted, key));
  if (options.delete) assert.deepEqual(extra, []);
  else assert.ok(extra.length <= removed.length, `${extra}`);
  for (const key of extra) delete there[key];
  assert.deepEqual(there, wanted);
  const again = await vfs.sync(source.url, target.url, options);
  assert.deepEqual([again.kept, again.done], [Object.keys(wanted).length, 0]);
  if (await vfs.exists(JOURNAL)) {
    const lines = (await vfs.readTextFile(JOURNAL)).split("\n").filter((line) => line !== "");
    for (const line of lines) assert.ok(line.endsWith("\x18") || JSON.parse(line));
  }
}

/** Temporary files that stay; a server may need a moment to see that a client has gone. */
async function left(folder: string): Promise<string[]> {
  await until(async () => (await temporaries(folder)).length === 0);
  return await temporaries(folder);
}

/** Filesystems in which much goes wrong; the same calls fail in each that is made after another. */
function wildVfs(memory: TransportDriver, seed: number): () => Vfs {
  const drivers = [
    faulty(memory, seed),
    faulty(fileTransport(), seed + 1000),
    faulty(zipTransport(), seed + 2000),
    dicomTransport({ timeouts: { responseMs: PATIENCE_MS, subOperationMs: PATIENCE_MS } }),
  ];
  return () => {
    const vfs = vfsWith(memory, {
      layers: { retry: { attempts: 2 }, random: () => 0, timeout: { idleMs: PATIENCE_MS } },
    });
    for (const driver of drivers) vfs.register(driver, { override: true });
    return vfs;
  };
}

/** `driver` with faults that its caller must bear: the retries are too few to mend them all. */
function faulty(driver: TransportDriver, seed: number): TransportDriver {
  const layer = faults({
    seed,
    rate: 0.08,
    maxInARow: 4,
    maxBytes: 40_000,
    unrepeatable: true,
    name: ({ segments }) => segments.slice(-2).join("/"),
  });
  return {
    ...driver,
    connect: async (options) => guard(driver.name)(layer(await driver.connect(options))),
  };
}

/** No more faults. */
function soothe({ xnat, node }: Place): void {
  xnat?.faults.clear();
  node?.faults.clear();
}

/** Arms a few faults of a server, for requests to come. */
function disturb(place: Place, random: Random): void {
  soothe(place);
  const { xnat, node } = place;
  const some = (most: number) => Math.floor(random() * most);
  const pick = <T>(list: readonly T[]) => list[some(list.length)]!;
  for (let i = 0; xnat && i < 4; i++) {
    const kind = pick(
      [
        { status: 500 },
        { status: 503 },
        { delay: 50 },
        { cut: some(30_000) },
        { reset: true },
        { lostAnswer: true },
        { expire: true },
        { loginPage: true },
        { stall: some(30_000) },
      ] as const,
    );
    xnat.faults.inject({ ...kind, after: some(12), times: 1 + some(3) });
  }
  for (let i = 0; node && i < 4; i++) {
    const kind = pick(
      [
        { abort: some(30_000) },
        { drop: some(30_000) },
        { status: 0xA700 },
        { status: 0xC000 },
        { reject: "transient" },
        { delay: 50 },
        { stall: some(30_000) },
      ] as const,
    );
    node.faults.inject({ ...kind, after: some(10), times: 1 + some(2) });
  }
}

/** Changes one file of a place and removes another, as far as that can be. Gives the names of what is gone. */
async function change(vfs: Vfs, { url, scheme }: Place, seed: number): Promise<string[]> {
  if (scheme === "dicom") return [];
  const files = (await Array.fromAsync(vfs.entries(url))).filter(({ isFile }) => isFile);
  const at = (part: number) => files[Math.floor(part * files.length)]!.location;
  const random = seededRandom(seed);
  const edited = at(random() / 2);
  const bytes = (await vfs.readFile(edited)).slice();
  // The last bytes are pixels.
  crypto.getRandomValues(bytes.subarray(-100));
  // A zip knows times to two seconds only.
  await vfs.writeFile(edited, bytes, { mtime: new Date(Date.now() + seed * 10_000) });
  const gone = at(0.5 + random() / 2);
  await vfs.remove(gone);
  return [gone.name];
}
