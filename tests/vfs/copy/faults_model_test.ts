import { strict as assert } from "node:assert";
import fc from "fast-check";
import { faults } from "../../../testing/faults.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import { seededRandom } from "../../../testing/random.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { type Outcome, TransferFailed } from "../../../vfs/copy/transfer.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { Location } from "../../../vfs/location/location.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { SyncOutcome } from "../../../vfs/sync/options.ts";
import type { Transport, TransportDriver } from "../../../vfs/transport.ts";
import { at_, harvest, vfsOf } from "../_fakes.ts";

const RUNS = Number(Deno.env.get("MEDVFS_FAULTS_RUNS") ?? 60);
const NAMES = ["a", "b", "c d", "ä", "a\u0308", "%41", ".d", "x".repeat(120)];
/** Ways that a transport may lack, so that each is gone by the others. */
const OPTIONAL = ["rename", "copy", "tree", "mkdir"] as const;

const plans = fc.record({
  seed: fc.nat(),
  op: fc.constantFrom("copy" as const, "move" as const, "sync" as const),
  from: fc.constantFrom("one", "zip"),
  to: fc.constantFrom("one", "two", "zip"),
  without: fc.subarray([...OPTIONAL]),
  rate: fc.constantFrom(0, 0.2, 0.5),
  attempts: fc.constantFrom(1, 3, 12),
  concurrency: fc.constantFrom(undefined, 1, 3),
  stopAt: fc.constantFrom(0, 1, 2, 5, 9),
  deletes: fc.boolean(),
});

type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

/** Stores `one:` and `two:`, and the same without faults, as `calm-one:` and `calm-two:`. */
function placesOf({ seed, rate, without, attempts }: Plan) {
  const clock = manualClock({ auto: true });
  const isOn = { storm: false };
  const drivers = ["one", "two"].flatMap((name): TransportDriver[] => {
    const memory = memoryTransport();
    const storm = faults({ seed, rate, clock, unrepeatable: true, maxBytes: 4000 });
    const driver = (scheme: string, wrap: (inner: Transport) => Transport): TransportDriver => ({
      ...memory,
      name: scheme,
      schemes: [scheme],
      // By both names it is one store.
      connect: async (options) => {
        const origin = new Location({ ...options.origin, scheme: name });
        return wrap(await memory.connect({ ...options, origin }));
      },
    });
    const stormy = (inner: Transport) => {
      const capabilities = { ...inner.capabilities };
      for (const each of without) Object.assign(capabilities, { [each]: false });
      if (without.includes("mkdir")) Object.assign(capabilities, { emptyDirectories: false });
      const bare = override(inner, { capabilities }, without);
      const wild = storm(bare);
      const either = (method: string) => (...args: never[]) =>
        Reflect.apply(Reflect.get(isOn.storm ? wild : bare, method), undefined, args);
      const methods = Object.keys(bare).filter((key) => key !== "capabilities");
      return override(bare, Object.fromEntries(methods.map((key) => [key, either(key)])));
    };
    return [driver(name, stormy), driver(`calm-${name}`, (inner) => inner)];
  });
  const layers = { clock, timeout: false, retry: { attempts } } as const;
  const all = [...drivers, zipTransport()];
  return { vfs: vfsOf(all, { layers }), look: () => vfsOf(all), isOn };
}

/** Where a place is, and where the same can be looked at without faults. */
function urlsOf(place: string, name: string): readonly [url: string, calm: string] {
  const url = (prefix: string) => `${prefix}${place}:///${name}`;
  const zip = (scheme: string) => `zip://${encodeURIComponent(`${scheme}:///${name}.zip`)}/top`;
  return place === "zip" ? [zip("two"), zip("calm-two")] : [url(""), url("calm-")];
}

async function run(plan: Plan): Promise<void> {
  const { op, stopAt, concurrency, deletes } = plan;
  const random = seededRandom(plan.seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const { vfs, look, isOn } = placesOf(plan);
  await using _ = vfs;
  const [from, calmFrom] = urlsOf(plan.from, "from");
  const [to, calmTo] = urlsOf(plan.to, "to");
  await using planting = look();
  for (let i = 0; i < 12; i++) {
    const path = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES)).join("/");
    const text = `${path} `.repeat(1 + Math.floor(random() * 40));
    // A file may be where a folder would be.
    const url = `${calmFrom}/${path.split("/").map(encodeURIComponent).join("/")}`;
    await planting.writeFile(url, text).catch((error) => assert(isVfsError(error)));
  }
  if (op === "sync") await planting.writeFile(`${calmTo}/of%20before/more`, "more");
  const filesAt = async (calm: string) => {
    await using now = look();
    if (!await now.exists(calm)) return {};
    const all = await harvest(now, calm);
    return Object.fromEntries(Object.entries(all).filter(([path]) => !path.endsWith("/")));
  };
  const before = await filesAt(calmFrom);

  const stop = new AbortController();
  let steps = stopAt;
  const outcomes: Outcome[] = [];
  const options = {
    concurrency,
    signal: stop.signal,
    onOutcome: (outcome: Outcome | SyncOutcome) => {
      outcomes.push(outcome);
      if (--steps === 0) stop.abort();
    },
  };
  const transfer = (options: object) =>
    op === "sync"
      ? vfs.sync(from, to, { ...options, delete: deletes })
      : vfs[op](from, to, { existing: "replace", ...options });
  isOn.storm = true;
  const end = await transfer(options).then((report) => ({ report }), (error) => ({ error }));
  isOn.storm = false;

  const [left, there] = [await filesAt(calmFrom), await filesAt(calmTo)];
  for (const [path, text] of Object.entries(before)) {
    if (op !== "move") assert.equal(left[path], text, `${path} changed`);
    else assert.ok(left[path] === text || there[path] === text, `${path} is lost`);
    // What has its name is whole.
    assert.ok(there[path] === undefined || there[path] === text, `${path} is half there`);
  }
  if (op === "sync" && there["of before/more"] === undefined) {
    assert.deepEqual(there, before, "something was deleted before all was copied");
  }
  const report = "report" in end
    ? end.report
    : end.error instanceof TransferFailed
    ? end.error.report
    : undefined;
  if (!report) assert.ok("error" in end && isVfsError(end.error), Deno.inspect(end));
  const count = (result: string) => outcomes.filter((each) => each.result === result).length;
  if (report) {
    assert.deepEqual(
      [report.done, report.skipped, report.failed],
      ["done", "skipped", "failed"].map(count),
    );
  }
  if ("report" in end) {
    assert.equal(count("failed"), 0);
    for (const [path, text] of Object.entries(before)) assert.equal(there[path], text, path);
    if (op === "move") assert.deepEqual(left, {});
  }
  for (const { from: url, result, to: place } of outcomes) {
    if (result !== "done" || place === undefined) continue;
    const path = at_(url).segments.slice(1).join("/");
    if (path in before) assert.equal(there[path], before[path], `told ${path}`);
  }

  if (op === "move" && Object.keys(left).length === 0) return;
  await transfer({});
  const all = await filesAt(calmTo);
  const kept = op === "sync" && !deletes ? { "of before/more": "more" } : {};
  assert.deepEqual(all, { ...before, ...kept });
  if (op === "move") assert.deepEqual(await filesAt(calmFrom), {});
}

Deno.test("copy(), move() and sync() through faults, aborted anywhere: nothing is lost, all is told, and a second run completes it", async () => {
  await fc.assert(fc.asyncProperty(plans, run), { numRuns: RUNS });
});
