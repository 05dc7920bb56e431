import { strict as assert } from "node:assert";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { Entry } from "../../../vfs/entry.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Location } from "../../../vfs/location/location.ts";
import { ArchiveLook } from "../../../vfs/sync/archive_look.ts";
import type { Info, ListedEntry } from "../../../vfs/transport.ts";
import { seriesOf, world } from "../../transports/dicom/_archive.ts";
import { at_, fake, rejects } from "../_fakes.ts";

const TOP = at_("dicom://pacs:104/ARCHIVE");

/** The entry of an instance, as an archive lists it. */
function instance(series: string, name: string): Entry {
  const attributes = { StudyInstanceUID: "1.1", SeriesInstanceUID: series, SOPInstanceUID: name };
  const listed = { name, kind: "file", info: { kind: "file", attributes } } as const;
  return new Entry(listed, at_(`dicom://other:104/FROM/P/1.1/${series}`));
}

/** A look into an archive whose lists are as `list` has it, and what that was asked. */
function lookAt(list: (series: string) => Iterable<string>) {
  const lists: string[] = [];
  const stats: string[] = [];
  const transport = fake({
    async *list({ name, href }: Location): AsyncGenerator<ListedEntry[]> {
      lists.push(name);
      const names = [...list(name)];
      if (names.length === 0) throw new VfsError("NotFound", { op: "list", url: href });
      yield names.map((name) => ({ name, kind: "file" }));
    },
    stat({ name }: Location): Promise<Info> {
      stats.push(name);
      return Promise.resolve({ kind: "file" });
    },
  });
  const archive = { transport, location: TOP };
  return { look: new ArchiveLook(archive, archive, NEVER), lists, stats };
}

Deno.test("ArchiveLook lists each series once, and finds nothing in one that is not there", async () => {
  const { look, lists, stats } = lookAt((series) => series === "1.2" ? ["7", "8"] : []);
  const asked: [string, string][] = [["1.2", "7"], ["1.2", "9"], ["1.3", "7"], ["1.2", "8"], [
    "1.3",
    "8",
  ]];
  const answers = await Promise.all(asked.map((pair) => look.has(instance(...pair))));
  assert.deepEqual(answers, [true, false, false, true, false]);
  assert.deepEqual([lists, stats], [["1.2", "1.3"], []]);
});

Deno.test("ArchiveLook asks one by one in a series that an archive does not list to its end, or that is very long", async () => {
  const odd: ((series: string) => Iterable<string>)[] = [
    () => {
      throw new VfsError("Incomplete", { op: "list", url: TOP.href });
    },
    () => Array.from({ length: 50_001 }, (_, i) => `1.${i}`),
  ];
  for (const list of odd) {
    const { look, lists, stats } = lookAt(list);
    for (const name of ["7", "8"]) assert.equal(await look.has(instance("1.2", name)), true);
    assert.deepEqual([lists, stats], [["1.2"], ["7", "8"]]);
  }
});

Deno.test("ArchiveLook lists a series again after minutes, since archives lose instances", async () => {
  const real = performance.now;
  let now = 0;
  performance.now = () => now;
  try {
    let names = ["7", "8"];
    const { look, lists } = lookAt(() => names);
    const answers: boolean[] = [];
    for (const ms of [0, 299_999, 300_000]) {
      now = ms;
      answers.push(await look.has(instance("1.2", "7")));
      names = ["8"];
    }
    assert.deepEqual(answers, [true, true, false]);
    assert.equal(lists.length, 2);
  } finally {
    performance.now = real;
  }
});

Deno.test("ArchiveLook fails where it cannot look, and looks again for the next", async () => {
  let isAway = true;
  const { look, lists } = lookAt(() => {
    if (isAway) throw new VfsError("Unavailable", { op: "list", url: TOP.href });
    return ["7"];
  });
  await rejects(look.has(instance("1.2", "7")), "Unavailable");
  isAway = false;
  assert.equal(await look.has(instance("1.2", "7")), true);
  assert.equal(lists.length, 2);
});

Deno.test("ArchiveLook remembers 200,000 names, and lists a series again that made room for others", async () => {
  const names = Array.from({ length: 49_000 }, (_, i) => `${i}`);
  const { look, lists } = lookAt(() => names);
  for (const series of ["1", "2", "3", "4", "5", "5", "2", "1"]) {
    assert.equal(await look.has(instance(series, "48999")), true);
  }
  assert.deepEqual(lists, ["1", "2", "3", "4", "5", "1"]);
});

Deno.test("sync() from archive to archive asks for each series once, and gets what is missing of it together", async () => {
  const samples = [1, 2, 3].flatMap((series) => seriesOf({ series, count: 41 }));
  await using source = await world(samples);
  await using target = await world(samples.filter((_, i) => i % 2 === 0));
  const { done, kept } = await source.vfs.sync(source.url, target.url, { exists: true });
  assert.deepEqual([done, kept], [61, 62]);
  assert.equal(target.node.counts.instances, 123);
  assert.equal(target.count(), "3 C-FIND, 0 C-GET");
  assert.equal(source.node.requests.count("C-GET"), 3);
  // Nothing is read of what is there.
  const before = source.node.requests.count("C-GET");
  assert.equal((await source.vfs.sync(source.url, target.url, { exists: true })).kept, 123);
  assert.equal(source.node.requests.count("C-GET"), before);
});

Deno.test("sync() of files to an archive asks for each series once, also for what would be sent", async () => {
  const samples = [1, 2, 3].flatMap((series) => seriesOf({ series, count: 41 }));
  await using target = await world(samples.slice(0, 60));
  const { vfs } = target;
  for (const [i, sample] of samples.entries()) {
    await vfs.writeFile(`memory:///in/${i * 7 % 123}`, writeDicomFile(sample));
  }
  const options = { exists: true };
  const plan = await vfs.sync("memory:///in", target.url, { ...options, dryRun: true });
  assert.deepEqual([plan.kept, plan.skipped, plan.actions.copy], [60, 63, 63]);
  // The last series is not there, which a second question makes sure of.
  assert.equal(target.count(), "4 C-FIND, 0 C-GET");
  const { done, kept } = await vfs.sync("memory:///in", target.url, options);
  assert.deepEqual([done, kept], [63, 60]);
  assert.equal(target.count(), "8 C-FIND, 0 C-GET");
});
