import { strict as assert } from "node:assert";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { connectForTest, manualClock } from "../../../testing/mod.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { until } from "../../until.ts";
import { asRead, seriesOf, type World, world } from "./_archive.ts";

const SERIES = "PAT1/1.2.3.1/1.2.3.1.1";
/** No temporary file can be made there. */
const NO_DISK = { driver: { spool: { directory: "/nowhere" } } };

async function isCopied({ vfs, url, files }: World): Promise<void> {
  const report = await vfs.copy(`${url}/${SERIES}`, "memory:///out");
  assert.deepEqual([report.done, report.failed], [files.size, 0]);
  for (const [uid, file] of files) {
    assert.deepEqual(await vfs.readFile(`memory:///out/${uid}`), asRead(file));
  }
}

Deno.test("copy() of a series takes its instances as the archive sends them, and none waits on disk", async () => {
  const samples = seriesOf({ count: 40, bytes: 500_000 });
  await using archive = await world(samples.toReversed(), NO_DISK);
  await isCopied(archive);
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("dicom getMany() gives those of the asked instances that are there, in the archive's order", async () => {
  const samples = seriesOf({ count: 5 }).toReversed();
  await using archive = await world(samples);
  const { transport } = await connectForTest(dicomTransport(), archive.url);
  await using _ = transport;
  const uids = ["1.2.3.1.1.9", "1.2.3.1.1.1", "1.2.3.1.1.3", "1.2.3.1.1.4"];
  const locations = uids.map((uid) => parseLocation(`${archive.url}/${SERIES}/${uid}`).location);
  const given: string[] = [];
  for await (const page of transport.getMany!(locations, { signal: NEVER })) {
    for (const { location: { name }, got } of page) {
      assert.deepEqual(got.body, asRead(archive.files.get(name)!));
      given.push(name);
    }
  }
  const sent = samples.map(({ SOPInstanceUID }) => SOPInstanceUID);
  assert.deepEqual(given, sent.filter((uid) => uids.includes(uid)));
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("dicom getMany() of two parts of a series at once gives both, by one C-GET each", async () => {
  const samples = seriesOf({ count: 6 });
  await using archive = await world(samples);
  const { transport } = await connectForTest(dicomTransport(), archive.url);
  await using _ = transport;
  const locations = samples.map(({ SOPInstanceUID: uid }) =>
    parseLocation(`${archive.url}/${SERIES}/${uid}`).location
  );
  const parts = [locations.slice(0, 3), locations.slice(3)];
  const given = await Promise.all(
    parts.map((part) => Array.fromAsync(transport.getMany!(part, { signal: NEVER }))),
  );
  assert.deepEqual(given.map((each) => each.flat().map(({ location }) => location)), parts);
  assert.equal(archive.node.requests.count("C-GET"), 2);
});

Deno.test("dicom getMany() of few instances of a series gets these alone, by one C-GET", async () => {
  const samples = seriesOf({ count: 30 });
  await using archive = await world(samples);
  const { transport } = await connectForTest(dicomTransport(), archive.url);
  await using _ = transport;
  const at = (path: string) => parseLocation(`${archive.url}/${path}`).location;
  await Array.fromAsync(transport.list(at(SERIES), { signal: NEVER }));
  const few = samples.slice(10, 13).map((each) => at(`${SERIES}/${each.SOPInstanceUID}`));
  const given = await Array.fromAsync(transport.getMany!(few, { signal: NEVER }));
  assert.deepEqual(given.flat().map(({ location }) => location), few);
  const [get] = archive.node.requests.entries.filter(({ service }) => service === "C-GET");
  assert.deepEqual([get?.level, get?.count], ["IMAGE", 3]);
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("copy() of a series with large instances streams these, by the same C-GET", async () => {
  const [small, large] = [50_000, 3_000_000].map((bytes) => seriesOf({ count: 6, bytes }));
  const samples = small!.map((sample, i) => i % 2 ? large![i]! : sample);
  await using archive = await world(samples);
  await isCopied(archive);
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("instances that are read one by one as they come never wait on disk", async () => {
  const samples = seriesOf({ count: 9, bytes: 400_000 });
  await using archive = await world(samples, NO_DISK);
  const { vfs, url, files } = archive;
  await Array.fromAsync(vfs.readDir(`${url}/${SERIES}`));
  for (const { SOPInstanceUID: uid } of samples) {
    const file = await vfs.readFile(`${url}/${SERIES}/${uid}`);
    assert.deepEqual(file, asRead(files.get(uid)!));
    // The next one comes meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("dicom get() of an instance goes on when who takes its series by getMany() leaves", async () => {
  const [small, large] = [1_000, 5_000_000].map((bytes) => seriesOf({ count: 3, bytes }));
  const samples = [small![0]!, large![1]!, small![2]!];
  await using archive = await world(samples);
  const { transport } = await connectForTest(dicomTransport(), archive.url);
  await using _ = transport;
  const locations = samples.map(({ SOPInstanceUID: uid }) =>
    parseLocation(`${archive.url}/${SERIES}/${uid}`).location
  );
  const many = transport.getMany!(locations, { signal: NEVER })[Symbol.asyncIterator]();
  await many.next();
  const { body } = await transport.get(locations[1]!, { signal: NEVER });
  await many.return!();
  assert.deepEqual(await collect(body), asRead(archive.files.get(locations[1]!.name)!));
});

Deno.test("dicom getMany() that is left gives its association back at once", async () => {
  const samples = seriesOf({ count: 40, bytes: 500_000 });
  await using archive = await world(samples);
  // By this clock nothing is ever given up for having waited.
  const { transport } = await connectForTest(dicomTransport({ poolSize: 1 }), archive.url, {
    clock: manualClock(),
  });
  await using _ = transport;
  const at = (path: string) => parseLocation(`${archive.url}/${path}`).location;
  const locations = samples.map(({ SOPInstanceUID: uid }) => at(`${SERIES}/${uid}`));
  for await (const _ of transport.getMany!(locations, { signal: NEVER })) break;
  let isTold = false;
  transport.stat(at(SERIES), { signal: NEVER }).then(() => isTold = true, () => {});
  await until(() => isTold);
  assert(isTold);
});

Deno.test("copy() of a large instance that comes before those asked for first makes way when it fills the disk", async () => {
  const samples = seriesOf({ count: 10, bytes: 2_000_000 });
  const spool = { directory: false, maxBytes: 300_000 } as const;
  await using archive = await world(samples.toReversed(), { driver: { spool } });
  await isCopied(archive);
});

Deno.test("an instance that fills the disk before it is large is given as it comes", async () => {
  const samples = seriesOf({ count: 2, bytes: 900_000 });
  const spool = { directory: false, maxBytes: 300_000 } as const;
  await using archive = await world(samples, { driver: { spool } });
  const { vfs, url, files } = archive;
  const [first, second] = samples.map(({ SOPInstanceUID: uid }) => uid);
  await Array.fromAsync(vfs.readDir(`${url}/${SERIES}`));
  await vfs.readFile(`${url}/${SERIES}/${first}`);
  // By then as much as there is room for has gone to disk.
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  assert.deepEqual(await vfs.readFile(`${url}/${SERIES}/${second}`), asRead(files.get(second!)!));
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("copy() of many series asks and retrieves over the same few associations", async () => {
  const samples = Array.from({ length: 150 }, (_, i) => seriesOf({ study: 1 + i % 5, series: i }));
  await using archive = await world(samples.flat());
  const { done } = await archive.vfs.copy(`${archive.url}/PAT1`, "memory:///out");
  assert.equal(done, 450);
  assert.equal(archive.count(), "157 C-FIND, 150 C-GET");
  // Four for the first queries, which make room for four that do both.
  const { associations } = archive.node.requests;
  assert(associations <= 30, `${associations} associations`);
});
