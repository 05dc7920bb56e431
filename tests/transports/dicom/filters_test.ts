import { strict as assert } from "node:assert";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { Filters, isMatch } from "../../../transports/dicom/filters.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { type Sample, seriesOf, type World, world } from "./_archive.ts";

const samples: readonly Sample[] = [
  ...seriesOf({ more: { StudyDate: "20240105" } }),
  ...seriesOf({ study: 1, series: 2, more: { StudyDate: "20240105", Modality: "SR" } }),
  ...seriesOf({ study: 2, more: { Modality: "CT", StudyDate: "20240210" } }),
  ...seriesOf({
    patient: "PAT2",
    study: 3,
    more: { PatientName: "Müller^Jörg", SpecificCharacterSet: "ISO_IR 192", Modality: "CT" },
  }),
];

async function walked(world: World, query: string): Promise<string[]> {
  const found = [];
  for await (const entry of world.vfs.entries(`${world.url}${query}`)) {
    if (!entry.isFile) found.push(entry.location.segments.slice(1).join("/"));
  }
  return found;
}

const read = (text: string) =>
  Filters.NONE.with(parseLocation(`dicom://h/A?${text}`).location, "list");

Deno.test("a query filters a walk at every level, and the URLs take it along", async () => {
  await using archive = await world(samples);
  assert.deepEqual(await walked(archive, "?Modality=MR"), [
    "PAT1",
    "PAT1/1.2.3.1",
    "PAT1/1.2.3.1/1.2.3.1.1",
  ]);
  assert.deepEqual(await walked(archive, "?StudyDate=2024-02-01..2024-02-28"), [
    "PAT1",
    "PAT1/1.2.3.2",
    "PAT1/1.2.3.2/1.2.3.2.1",
  ]);
  assert.deepEqual(await walked(archive, "?name=M%C3%BCller*"), [
    "PAT2",
    "PAT2/1.2.3.3",
    "PAT2/1.2.3.3/1.2.3.3.1",
  ]);
  assert.deepEqual(await walked(archive, "?accession=ACC2&modality=MR"), []);
  for await (const entry of archive.vfs.readDir(`${archive.url}?Modality=MR`)) {
    assert.equal(entry.url, `${archive.url}/PAT1?Modality=MR`);
    assert.equal(await archive.vfs.isDirectory(entry.url), true);
  }
});

Deno.test("copy() with a query copies what matches", async () => {
  await using archive = await world(samples);
  const report = await archive.vfs.copy(`${archive.url}?Modality=SR`, "memory:///filtered");
  assert.deepEqual([report.done, report.failed], [3, 0]);
  const found = await Array.fromAsync(archive.vfs.entries("memory:///filtered"), (e) => e.name);
  assert.deepEqual(found.slice(0, 3), ["PAT1", "1.2.3.1", "1.2.3.1.2"]);
});

Deno.test("filters of the options hold for all URLs, and a query overrides them", async () => {
  await using archive = await world(samples, { driver: { filters: { Modality: "CT" } } });
  assert.deepEqual((await walked(archive, "")).filter((path) => !path.includes("/")), [
    "PAT1",
    "PAT2",
  ]);
  assert.equal((await walked(archive, "/PAT1")).length, 2);
  assert.equal((await walked(archive, "/PAT1?Modality=SR")).length, 2);
  assert.deepEqual(await walked(archive, "/PAT1?Modality=US"), []);
});

Deno.test("Filters reads keywords in any case, aliases, dates and ranges", () => {
  const studies = read("studydate=2024-01-01..2024-01-31&Description=Head+2&ACCESSION=A%2B1");
  assert.deepEqual(studies.at("STUDY"), {
    StudyDate: "20240101-20240131",
    StudyDescription: "Head 2",
    AccessionNumber: "A+1",
  });
  const day = new Date("2024-02-29T12:00:00Z");
  const typed = Filters.of({ StudyDate: { from: day }, PatientBirthDate: day });
  assert.deepEqual(typed.at("STUDY"), { StudyDate: "20240229-" });
  assert.deepEqual(typed.at("PATIENT"), { PatientBirthDate: "20240229" });
});

Deno.test("Filters.with() adds a query to what there is, and overrides the same key alone", () => {
  const { location } = parseLocation("dicom://h/A?Modality=CT&name=Doe");
  const filters = Filters.of({ Modality: "MR", SeriesDescription: "t1*" }).with(location, "list");
  assert.deepEqual(filters.at("SERIES"), { Modality: "CT", SeriesDescription: "t1*" });
  assert.deepEqual(filters.at("PATIENT"), { PatientName: "Doe" });
});

Deno.test("Filters refuses keys that it does not know, and says which there are", () => {
  assert.throws(
    () => read("refresh=true"),
    (error) =>
      isVfsError(error) && error.kind === "NotSupported" && /StudyDate/.test(error.message),
  );
  assert.throws(() => read("Modality=%ZZ"), (e) => isVfsError(e) && e.kind === "InvalidUrl");
});

Deno.test("isMatch() finds answers that do not match, since servers ignore keys", () => {
  const answer = parseDicomHeader(
    writeDicomDataset({
      SpecificCharacterSet: "ISO_IR 192",
      PatientName: "Yamada^Tarou=山田^太郎",
      StudyDate: "20240115",
      StudyTime: "101500",
      ModalitiesInStudy: ["CT", "SR"],
      SeriesNumber: 14,
    }),
    { transferSyntaxUID: "1.2.840.10008.1.2.1" },
  );
  const yes = [
    { PatientName: "yamada*" },
    { PatientName: "山田*" },
    { StudyDate: "20240115" },
    { StudyDate: "20240101-20240131" },
    { StudyDate: "-20240115" },
    { StudyDate: "20240115-" },
    { StudyTime: "10-11" },
    { StudyTime: "10:15-10:16" },
    { ModalitiesInStudy: "SR" },
    { SeriesNumber: "014" },
    { StudyDescription: "not told" },
  ];
  const no = [
    { PatientName: "Yamada" },
    { StudyDate: "20240116" },
    { StudyDate: "20240116-" },
    { StudyDate: "-20240114" },
    { StudyTime: "1100-" },
    { ModalitiesInStudy: "MR" },
    { SeriesNumber: "15" },
  ];
  for (const keys of yes) assert(isMatch(keys as never, "STUDY", answer), JSON.stringify(keys));
  for (const keys of no) assert(!isMatch(keys as never, "STUDY", answer), JSON.stringify(keys));
});
