import { strict as assert } from "node:assert";
import { isVfsError } from "../../../vfs/errors.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import { type Sample, seriesOf, type World, world } from "./_archive.ts";

const samples: readonly Sample[] = [
  ...seriesOf({ count: 2 }),
  ...seriesOf({ series: 4, count: 9 }),
  ...seriesOf({
    study: 2,
    more: { Modality: "CT", StudyDate: "20240229", StudyDescription: "Chest" },
  }),
  ...seriesOf({ patient: "PAT2", study: 3, more: { PatientName: "Roe^Richard" } }),
  ...seriesOf({ patient: "A/B *", study: 4 }),
  ...seriesOf({ patient: "", study: 5, more: { StudyDate: "" } }),
];

async function names(world: World, path = ""): Promise<string[]> {
  const found = [];
  for await (const { name } of world.vfs.readDir(world.url + path)) found.push(name);
  return found.sort();
}

async function fails(promise: Promise<unknown>, kind: string, text = ""): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert(isVfsError(error), `${error}`);
    assert.equal(error.kind, kind, error.message);
    assert(error.message.includes(text), error.message);
    return true;
  });
}

Deno.test("readDir() lists patients, studies, series and instances by their identifiers", async () => {
  await using archive = await world(samples);
  assert.deepEqual(await names(archive), ["A%2FB %2A", "PAT1", "PAT2", "_"]);
  assert.deepEqual(await names(archive, "/PAT1"), ["1.2.3.1", "1.2.3.2"]);
  assert.deepEqual(await names(archive, "/PAT1/1.2.3.1"), ["1.2.3.1.1", "1.2.3.1.4"]);
  assert.deepEqual(await names(archive, "/PAT1/1.2.3.1/1.2.3.1.1"), ["1.2.3.1.1.1", "1.2.3.1.1.2"]);
  assert.deepEqual(await names(archive, "/_"), ["1.2.3.5"]);
  assert.deepEqual(await names(archive, "/A%252FB %252A"), ["1.2.3.4"]);
  assert.deepEqual(await names(archive, "/A%2FB %252A"), ["1.2.3.4"]);
});

Deno.test("walk() finds every instance once, and everything that it prints can be opened", async () => {
  await using archive = await world(samples);
  const found: string[] = [];
  for await (const entry of archive.vfs.entries(archive.url)) {
    assert.equal((await archive.vfs.stat(entry.url)).kind, entry.kind, entry.url);
    if (entry.isFile) found.push(entry.name);
  }
  assert.deepEqual(found.sort(), samples.map((each) => each.SOPInstanceUID).sort());
});

Deno.test("entries have the text for people that the levels are described by", async () => {
  await using archive = await world(samples);
  const label = async (path: string, name: string) => {
    for await (const entry of archive.vfs.readDir(archive.url + path)) {
      if (entry.name === name) return entry.label;
    }
  };
  assert.equal(await label("", "PAT1"), "Doe^Jane");
  assert.equal(await label("/PAT1", "1.2.3.1"), "2019.02.07 14:05:16 ACC1 Head");
  assert.equal(await label("/PAT1/1.2.3.1", "1.2.3.1.4"), "#14: 9 MR fl3d_dynamic");
});

Deno.test("info() describes a study, a series and an instance", async () => {
  await using archive = await world(samples);
  const info = (path: string) => archive.vfs.info(archive.url + path);
  assert.equal(await info(""), "ARCHIVE");
  assert.equal(await info("/PAT1"), "PAT1 Doe^Jane");
  assert.equal(await info("/PAT1/1.2.3.1"), "2019.02.07 14:05:16 ACC1 Head");
  assert.equal(await info("/PAT1/1.2.3.1/1.2.3.1.4"), "#14: 9 MR fl3d_dynamic");
  assert.equal(await info("/PAT1/1.2.3.1/1.2.3.1.4/1.2.3.1.4.3"), "3 1x192x152");
});

Deno.test("info() of an instance tells no extent of which a side is missing", async () => {
  for (const [i, more] of [{ Rows: undefined }, { Columns: undefined }].entries()) {
    await using archive = await world(seriesOf({ study: i + 1, count: 1, more }));
    const path = `/PAT1/1.2.3.${i + 1}/1.2.3.${i + 1}.1/1.2.3.${i + 1}.1.1`;
    const info = await archive.vfs.info(archive.url + path);
    assert.doesNotMatch(info, /\dx/);
  }
});

Deno.test("attributes have keywords and types, null for no value, and no key that the archive lacks", async () => {
  await using archive = await world(samples);
  const { attributes = {} } = await archive.vfs.stat(`${archive.url}/_/1.2.3.5`);
  assert.equal(attributes.StudyDate, null);
  assert.equal(attributes.PatientID, null);
  assert.equal("StudyComments" in attributes, false);
  const study = await archive.vfs.stat(`${archive.url}/PAT1/1.2.3.1`);
  assert.deepEqual(study.attributes?.StudyDate, new Date("2019-02-07"));
  assert.equal(study.attributes?.StudyTime, "140516.555000");
  assert.equal(`${study.attributes?.PatientName}`, "Doe^Jane");
  assert.deepEqual(study.attributes?.ModalitiesInStudy, ["MR"]);
  assert.equal(study.attributes?.NumberOfStudyRelatedInstances, 11);
  const image = await archive.vfs.stat(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`);
  assert.equal(image.size, undefined);
  assert.equal(image.mtime, undefined);
});

Deno.test("a study goes by accession number, a series by number, an instance with .dcm too", async () => {
  await using archive = await world(samples);
  const found = await names(archive, "/PAT1/ACC1/14");
  assert.equal(found.length, 9);
  assert.deepEqual(await names(archive, "/PAT1/ACC1/014"), found);
  assert.deepEqual(await names(archive, "/PAT1/ACC1/*.1.4"), found, "its UID may have wildcards");
  const at = `${archive.url}/PAT1/ACC1/11/1.2.3.1.1.2.dcm`;
  assert.equal((await archive.vfs.stat(at)).attributes?.SOPInstanceUID, "1.2.3.1.1.2");
  assert.equal((await archive.vfs.stat(`${archive.url}/PAT1/ACC1`)).kind, "directory");
  await fails(archive.vfs.stat(`${archive.url}/PAT2/ACC1`), "NotFound");
  await fails(archive.vfs.stat(`${archive.url}/PAT1/ACC1/12`), "NotFound");
});

Deno.test("wildcards mean the one that fits, and several are refused by name (D5)", async () => {
  await using archive = await world(samples);
  assert.deepEqual(await names(archive, "/*2/*/*"), [
    "1.2.3.3.1.1",
    "1.2.3.3.1.2",
    "1.2.3.3.1.3",
  ]);
  assert.deepEqual(await names(archive, "/PAT1/*C2/*"), [
    "1.2.3.2.1.1",
    "1.2.3.2.1.2",
    "1.2.3.2.1.3",
  ]);
  await fails(names(archive, "/PAT1/ACC*/11"), "InvalidArgument", "1.2.3.1 and 1.2.3.2");
  await fails(names(archive, "/PAT*"), "InvalidArgument", "PAT1 and PAT2");
  await fails(names(archive, "/X*"), "NotFound");
});

Deno.test("glob() gives the real identifiers, one each (D5)", async () => {
  await using archive = await world(samples);
  const found = await Array.fromAsync(archive.vfs.glob(`${archive.url}/PAT*/*`), (e) => e.url);
  const url = archive.url;
  assert.deepEqual(found, [
    `${url}/PAT1/1.2.3.1`,
    `${url}/PAT1/1.2.3.2`,
    `${url}/PAT2/1.2.3.3`,
  ]);
});

Deno.test("what is missing is NotFound at every level, also below another patient", async () => {
  await using archive = await world(samples);
  const missing = [
    "/NOBODY",
    "/NOBODY/1.2.3.1",
    "/PAT1/1.9",
    "/PAT2/1.2.3.1",
    "/PAT1/1.2.3.1/1.9",
    "/PAT1/1.2.3.2/1.2.3.1.1",
    "/PAT2/1.2.3.1/1.2.3.1.1",
    "/.by-accession/NONE",
    "/.studies/1.9",
    "/.by-date/2024/02/28/1.2.3.2",
    "/.by-date/2024/13",
  ];
  for (const path of missing) {
    await fails(archive.vfs.stat(archive.url + path), "NotFound");
    await fails(names(archive, path), "NotFound");
  }
  const instances = [
    "/PAT1/1.2.3.1/1.2.3.1.1/1.9",
    "/PAT2/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1",
    "/PAT1/1.2.3.1/1.2.3.1.4/1.2.3.1.1.1",
  ];
  for (const path of instances) await fails(archive.vfs.readFile(archive.url + path), "NotFound");
});

Deno.test("the views lead to the same instances, and stay out of plain listings", async () => {
  await using archive = await world(samples);
  assert.deepEqual(await names(archive, "/.by-accession"), [
    "ACC1",
    "ACC2",
    "ACC3",
    "ACC4",
    "ACC5",
  ]);
  assert.deepEqual(await names(archive, "/.by-accession/ACC3"), ["1.2.3.3"]);
  assert.deepEqual(await names(archive, "/.by-date/2024/02"), ["29"]);
  assert.deepEqual(await names(archive, "/.by-date/2024/02/29"), ["1.2.3.2"]);
  assert.deepEqual(await names(archive, "/.by-date/2024/02/28"), []);
  assert.deepEqual(
    await names(archive, "/.studies"),
    ["1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4", "1.2.3.5"],
  );
  const below = "1.2.3.2/1.2.3.2.1/1.2.3.2.1.2";
  const views = ["PAT1", ".by-date/2024/02/29", ".by-accession/ACC2", ".studies"];
  const files = [];
  for (const view of views) {
    files.push(await archive.vfs.readFile(`${archive.url}/${view}/${below}`));
  }
  for (const file of files) assert.deepEqual(file, files[0]);
});

Deno.test("years and months of .by-date are there without a query, up to the present", async () => {
  const clock = manualClock({ start: Date.UTC(2024, 2, 5) });
  await using archive = await world(samples, {
    driver: { firstYear: 2022 },
    layers: { retry: false, clock },
  });
  assert.deepEqual(await names(archive, "/.by-date"), ["2022", "2023", "2024"]);
  assert.deepEqual(await names(archive, "/.by-date/2024"), ["01", "02", "03"]);
  assert.equal((await names(archive, "/.by-date/2023")).length, 12);
  assert.equal(archive.count(), "0 C-FIND, 0 C-GET");
});

Deno.test("a URL without called AE title is refused with what is missing", async () => {
  await using archive = await world(samples);
  const origin = archive.url.slice(0, archive.url.lastIndexOf("/"));
  await fails(archive.vfs.stat(origin), "InvalidUrl", `${origin}/CALLED`);
  await fails(Array.fromAsync(archive.vfs.readDir(origin)), "InvalidUrl");
});

Deno.test("dimse 2: a wrong called AE title is NotFound, and named", async () => {
  await using archive = await world(samples, { requireCalledAET: true });
  const wrong = archive.url.replace("ARCHIVE", "OTHER");
  await fails(Array.fromAsync(archive.vfs.walk(wrong)), "NotFound", '"OTHER"');
  assert.equal((await names(archive)).length, 4);
});

Deno.test("promise 3: a C-FIND failure is an error at any depth, never an empty listing (D8)", async () => {
  for (const after of [0, 1, 2, 3]) {
    await using archive = await world(samples);
    archive.node.faults.inject({ service: "C-FIND", status: 0xC000, after });
    await assert.rejects(Array.fromAsync(archive.vfs.walk(archive.url)));
  }
});

Deno.test("a refused calling AE title is told with ours; the one of the URL counts", async () => {
  const seen: string[] = [];
  await using archive = await world(samples, { onRequest: (each) => seen.push(each.callingAET) });
  await archive.vfs.stat(`${archive.url}/PAT1`);
  await archive.vfs.stat(`${archive.url.replace("//", "//WS1@")}/PAT2`);
  assert.deepEqual(seen, ["MEDVFS", "WS1"]);
});

Deno.test("remove, mkdir and move are NotSupported by name", async () => {
  await using archive = await world(samples);
  const { vfs, url } = archive;
  await fails(vfs.mkdir(`${url}/NEW`), "NotSupported", "mkdir");
  await fails(vfs.remove(`${url}/PAT1`, { recursive: true }), "NotSupported", "remove");
  await fails(vfs.move(`${url}/PAT1`, "memory:///x"), "NotSupported");
});

Deno.test("dimse 38: a consumer that stops has the query cancelled, and others go on", async () => {
  const many = seriesOf({ count: 300 });
  await using archive = await world(many);
  let count = 0;
  for await (const _ of archive.vfs.readDir(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1`)) {
    if (++count === 3) break;
  }
  assert.equal((await names(archive, "/PAT1")).length, 1);
});

Deno.test("16 listings that wait for each other's permits all end", async () => {
  await using archive = await world(samples, { driver: { poolSize: 1 } });
  const { vfs, url } = archive;
  const listings = Array.from({ length: 16 }, () => vfs.readDir(`${url}/PAT1`));
  const firsts = await Promise.all(listings.map((each) => each.next()));
  assert(firsts.every(({ done }) => !done));
  const rests = await Promise.all(listings.map((each) => Array.fromAsync(each)));
  assert(rests.every((rest) => rest.length === 1));
});
