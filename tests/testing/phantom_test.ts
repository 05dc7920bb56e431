import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { type DicomHeader, parseDicomHeader } from "../../formats/mod.ts";
import { phantomArchive, type PhantomInstance, phantomStudy } from "../../testing/phantom.ts";
import type { PhantomOptions } from "../../testing/phantom.ts";

const all: PhantomInstance[] = await Array.fromAsync(phantomStudy());

function digest(instances: readonly PhantomInstance[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of instances) hash.update(path.join("/")).update(bytes);
  return hash.digest("hex");
}

function series(folder: string): PhantomInstance[] {
  return all.filter(({ path }) => `${path[1]}/${path[2]}`.endsWith(folder));
}

function header({ bytes }: PhantomInstance): DicomHeader {
  return parseDicomHeader(bytes, { strict: true });
}

function pixels(instance: PhantomInstance): Uint16Array {
  const at = header(instance).pixelData!;
  return new Uint16Array(
    instance.bytes.slice(at.valuePosition, at.valuePosition + at.length!).buffer,
  );
}

function digestOf(options: PhantomOptions): Promise<string> {
  return Array.fromAsync(phantomStudy({ modalities: ["CT"], ...options })).then(digest);
}

Deno.test("phantomStudy() yields identical bytes for the same seed", async () => {
  assert.equal(digest(await Array.fromAsync(phantomStudy({ seed: 1 }))), digest(all));
});

Deno.test("phantomStudy() yields other bytes for another seed, patient or day", async () => {
  const digests = await Promise.all(
    [{}, { seed: 2 }, { patientID: "OTHER" }, { studyDate: "20200101" }].map(digestOf),
  );
  assert.equal(new Set(digests).size, digests.length);
});

Deno.test("phantomStudy() yields the series that its documentation names", () => {
  const counts = new Map<string, number>();
  for (const { path } of all) {
    assert.equal(path.length, 4);
    assert.match(path[3]!, /^Image_\d{5}\.dcm$/);
    const folder = path.slice(0, 3).join("/");
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(counts), {
    "PHANTOM-1/20190207-CT-HEAD/1-LOCALIZER": 1,
    "PHANTOM-1/20190207-CT-HEAD/2-AXIAL": 16,
    "PHANTOM-1/20190207-CT-HEAD/3-TISSUES": 1,
    "PHANTOM-1/20190207-MR-HEAD/1-LOCALIZER": 3,
    "PHANTOM-1/20190207-MR-HEAD/2-T1": 16,
    "PHANTOM-1/20190207-MR-HEAD/3-DYNAMIC": 24,
    "PHANTOM-1/20190207-MR-HEAD/4-CINE": 1,
  });
});

Deno.test("phantomStudy() files are read without a warning and tell what their paths say", () => {
  for (const instance of all) {
    const found = header(instance);
    const image = Number(instance.path[3]!.slice(6, 11));
    assert.deepEqual([...found.warnings], []);
    assert.deepEqual({
      patient: found.string("PatientID"),
      study: found.string("StudyInstanceUID"),
      series: found.string("SeriesInstanceUID"),
      sop: found.string("SOPInstanceUID"),
      meta: found.string("MediaStorageSOPInstanceUID"),
      class: found.string("SOPClassUID"),
      folder: `${found.number("SeriesNumber")}-${found.string("SeriesDescription")}`,
      image: found.number("InstanceNumber"),
    }, {
      patient: instance.path[0],
      study: instance.studyInstanceUID,
      series: instance.seriesInstanceUID,
      sop: instance.sopInstanceUID,
      meta: instance.sopInstanceUID,
      class: instance.sopClassUID,
      folder: instance.path[2],
      image,
    });
  }
});

Deno.test("phantomStudy() UIDs are valid, unique, and shared within a study and a series", () => {
  const uids = (of: (instance: PhantomInstance) => string) => new Set(all.map(of));
  assert.equal(uids((i) => i.studyInstanceUID).size, 2);
  assert.equal(uids((i) => i.seriesInstanceUID).size, 7);
  assert.equal(uids((i) => i.sopInstanceUID).size, all.length);
  for (const uid of uids((i) => i.sopInstanceUID)) {
    assert.match(uid, /^2\.25\.[1-9]\d{1,38}$/);
    assert.ok(BigInt(uid.slice(5)) < 2n ** 128n);
  }
});

Deno.test("phantomStudy() pixel data has the size that rows, columns and frames give", () => {
  for (const instance of all) {
    const found = header(instance);
    const number = (name: string) => found.number(name) ?? 1;
    assert.equal(
      found.pixelData?.length,
      ["Rows", "Columns", "SamplesPerPixel", "NumberOfFrames"].map(number)
        .reduce((a, b) => a * b) * number("BitsAllocated") / 8,
    );
    const at = found.pixelData!;
    assert.equal(at.valuePosition + at.length!, instance.bytes.length);
  }
});

for (const folder of ["2-AXIAL", "2-T1"]) {
  Deno.test(`phantomStudy() slices of ${folder} are parallel and evenly apart`, () => {
    const found = series(folder).map(header);
    const [row, column] = [0, 3].map((i) =>
      found[0]!.numbers("ImageOrientationPatient").slice(i, i + 3)
    ) as [number[], number[]];
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    assert.ok(Math.abs(dot(row, row) - 1) < 1e-6 && Math.abs(dot(column, column) - 1) < 1e-6);
    assert.ok(Math.abs(dot(row, column)) < 1e-6);
    const spacing = found[0]!.number("SpacingBetweenSlices")!;
    const first = found[0]!.numbers("ImagePositionPatient");
    for (const [i, slice] of found.entries()) {
      assert.deepEqual(
        slice.numbers("ImageOrientationPatient"),
        found[0]!.numbers("ImageOrientationPatient"),
      );
      const step = slice.numbers("ImagePositionPatient").map((x, axis) => x - first[axis]!);
      assert.ok(Math.abs(Math.hypot(...step) - i * spacing) < 1e-6);
      assert.ok(Math.abs(dot(step, row)) < 1e-6 && Math.abs(dot(step, column)) < 1e-6);
      assert.equal(slice.string("FrameOfReferenceUID"), found[0]!.string("FrameOfReferenceUID"));
    }
  });
}

Deno.test("phantomStudy() CT values are Hounsfield units of air, brain and bone", () => {
  const middle = series("2-AXIAL")[9]!;
  assert.equal(header(middle).number("RescaleIntercept"), -1024);
  const hounsfield = [...pixels(middle)].map((value) => value - 1024);
  const mean = (x: number, y: number) => {
    let sum = 0;
    for (let j = -1; j <= 1; j++) {
      for (let i = -1; i <= 1; i++) sum += hounsfield[(y + j) * 128 + x + i]!;
    }
    return sum / 9;
  };
  assert.ok(Math.abs(mean(4, 4) + 1000) < 15);
  assert.ok(Math.abs(mean(64, 100) - 35) < 15);
  assert.ok(Math.max(...hounsfield.slice(0, 64 * 128)) > 880);
});

Deno.test("phantomStudy() dynamic series shows the lesion take up contrast", () => {
  const dynamic = series("3-DYNAMIC");
  const times = dynamic.map((i) => header(i).number("TemporalPositionIdentifier"));
  assert.deepEqual(times, [1, 2, 3, 4].flatMap((t) => Array(6).fill(t)));
  const risen = [0, 1, 2, 3, 4, 5].map((slice) => {
    const first = pixels(dynamic[slice]!);
    const last = pixels(dynamic[18 + slice]!);
    return last.filter((value, at) => value > first[at]! + 300).length;
  });
  const largest = Math.max(...risen);
  assert.ok(largest > 50 && largest < 150, `${risen} pixels of the lesion`);
});

Deno.test("phantomStudy() says the same in implicit and in big endian encoding", async () => {
  for (const transferSyntaxUID of ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2"]) {
    const other = await Array.fromAsync(phantomStudy({ transferSyntaxUID, modalities: ["CT"] }));
    for (const [i, instance] of other.entries()) {
      const found = header(instance);
      assert.equal(found.string("TransferSyntaxUID"), transferSyntaxUID);
      assert.deepEqual(
        [...found].map((e) => [e.tag, found.strings(e.tag)]),
        [...header(all[i]!)].map((e) => [e.tag, header(all[i]!).strings(e.tag)]),
      );
    }
  }
});

Deno.test("phantomArchive() writes three patients' names in three scripts", async () => {
  const names = new Map<string, string>();
  for await (const instance of phantomArchive({ modalities: ["CT"] })) {
    const found = header(instance);
    assert.equal(found.string("SpecificCharacterSet"), "ISO_IR 192");
    names.set(instance.path[0]!, found.string("PatientName")!);
  }
  assert.deepEqual(Object.fromEntries(names), {
    "PHANTOM-1": "Phantom^Jörg",
    "PHANTOM-2": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "PHANTOM-3": "Фантомов^Иван",
  });
});
