import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  geometryOfSeries,
  GridMismatch,
  niftiToSeg,
  type NiftiToSegOptions,
  readSeg,
  type Segment,
  segmentsOf,
  type Vector,
  writeNifti,
} from "../../../datastore/segmentation/mod.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { seededBytes, seededRandom } from "../../../testing/random.ts";
import { rejects } from "./_rejects.ts";
import { enhanced, seriesHeaders, type SeriesInput } from "./_series.ts";

const MANUAL = { type: "MANUAL" } as const;
const SERIES = geometryOfSeries(seriesHeaders());
const PIXELS = 11 * 7;

function named(...values: number[]): Segment[] {
  return values.map((value) => ({ value, label: `Segment ${value}`, algorithm: MANUAL }));
}

/** A mask on the series, of labels by index of the voxel. */
function maskOf(voxels: Readonly<Record<number, number>>): Promise<Uint8Array<ArrayBuffer>> {
  const labels = new Uint16Array(PIXELS * 5);
  for (const [at, value] of Object.entries(voxels)) labels[Number(at)] = value;
  return writeNifti({ ...SERIES, labels });
}

async function convert(
  voxels: Readonly<Record<number, number>>,
  segments: readonly Segment[],
  options: Partial<NiftiToSegOptions> = {},
) {
  return await niftiToSeg({ mask: await maskOf(voxels), series: SERIES, segments, ...options });
}

Deno.test("niftiToSeg() names a segment by the mask's value, not by position", async () => {
  const names = [{ ...named(1)[0]!, label: "spleen" }, { ...named(6)[0]!, label: "liver" }];
  const seg = await convert({ 100: 6 }, names);
  const header = parseDicomHeader(seg);
  const [frame] = header.sequence("PerFrameFunctionalGroupsSequence");
  const number = frame!.sequence("SegmentIdentificationSequence")[0]!
    .number("ReferencedSegmentNumber");
  const stored = await segmentsOf(seg);
  const liver = stored.find((segment) => segment.number === number);
  assert.deepEqual([header.number("NumberOfFrames"), liver?.label, liver?.value], [1, "liver", 6]);
});

Deno.test("niftiToSeg() refuses values that no segment names, and lists them", async () => {
  const { message } = await rejects(() => convert({ 1: 6, 2: 4, 3: 1 }, named(1)), "UnnamedValue");
  assert.match(message, /2 values 4, 6$/);
});

Deno.test("niftiToSeg() has nameValue name the values that no segment names", async () => {
  const nameValue = (value: number) => ({ value, label: `Other ${value}`, algorithm: MANUAL });
  const seg = await convert({ 1: 6, 2: 300, 3: 1 }, named(1), { nameValue });
  const stored = await segmentsOf(seg);
  assert.deepEqual(stored.map(({ value, label }) => [value, label]), [
    [1, "Segment 1"],
    [6, "Other 6"],
    [300, "Other 300"],
  ]);
});

const [GOOD] = named(1);
const BAD: readonly [string, Segment[]][] = [
  ["two segments of one value", [GOOD!, { ...GOOD!, label: "Other" }]],
  ["two segments of one label", [GOOD!, { ...GOOD!, value: 2 }]],
  ["a segment without a label", [{ ...GOOD!, label: " " }]],
  ["a segment for the background", named(0)],
  ["a value that is not whole", named(1.5)],
  ["a value above 65535", named(65536)],
  ["a label of 65 characters", [{ ...GOOD!, label: "x".repeat(65) }]],
  ["a label with a backslash", [{ ...GOOD!, label: "a\\b" }]],
  ["a label with a line break", [{ ...GOOD!, label: "a\nb" }]],
  ["a model without a name", [{ ...GOOD!, algorithm: { type: "AUTOMATIC", name: "" } }]],
  ["a code value of 17 characters", [{
    ...GOOD!,
    type: { value: "1".repeat(17), scheme: "SCT", meaning: "x" },
  }]],
  ["a colour above 255", [{ ...GOOD!, color: [0, 0, 256] }]],
  ["no segment at all", []],
];

for (const [what, segments] of BAD) {
  Deno.test(`niftiToSeg() refuses ${what}`, async () => {
    await rejects(() => convert({}, segments), "BadSegments");
  });
}

Deno.test("niftiToSeg() refuses more than 255 values with the reason", async () => {
  const many = Array.from({ length: 256 }, (_, i) => i + 1);
  await rejects(() => convert({}, named(...many)), "TooManyValues");
  const nameValue = (value: number) => named(value)[0]!;
  const { message } = await rejects(
    () => convert(Object.fromEntries(many.map((value) => [value, value])), [], { nameValue }),
    "TooManyValues",
  );
  assert.match(message, /256 values, and a segmentation 255 at most/);
  await convert({}, named(...many.slice(1)));
});

Deno.test("niftiToSeg() stores a mask without a voxel as one empty frame a segment", async () => {
  const seg = await convert({}, named(7, 9));
  assert.equal(parseDicomHeader(seg).number("NumberOfFrames"), 2);
  const { labels } = await readSeg({ seg, series: SERIES });
  assert.deepEqual(labels, new Uint8Array(PIXELS * 5));
});

Deno.test("niftiToSeg() leaves frames without a voxel out, or stores all of them", async () => {
  const voxels = { 3: 1, [PIXELS * 2 + 5]: 1, [PIXELS * 2 + 6]: 2 };
  const counts = [];
  for (const emptyFrames of [false, true]) {
    const seg = await convert(voxels, named(1, 2, 3), { emptyFrames });
    counts.push(parseDicomHeader(seg).number("NumberOfFrames"));
    assert.equal((await readSeg({ seg, series: SERIES })).labels[PIXELS * 2 + 6], 2);
  }
  assert.deepEqual(counts, [3, 15]);
});

Deno.test("niftiToSeg() packs frames that do not begin at a byte, first pixel lowest", async () => {
  // 77 pixels a frame: the second one begins at bit 5 of byte 9.
  const seg = await convert({ 0: 1, 9: 1, [PIXELS]: 1, [PIXELS + 76]: 1 }, named(1));
  const { pixelData } = parseDicomHeader(seg);
  const pixels = seg.subarray(pixelData!.valuePosition);
  assert.equal(pixelData!.length, 20);
  const set = [...pixels].flatMap((byte, at) => byte === 0 ? [] : [[at, byte]]);
  assert.deepEqual(set, [[0, 1], [1, 2], [9, 32], [19, 2]]);
});

Deno.test("niftiToSeg() ends with pixel data of an even length", async () => {
  for (let frames = 1; frames <= 5; frames++) {
    const voxels = Array.from({ length: frames }, (_, slice) => [slice * PIXELS, 1]);
    const seg = await convert(Object.fromEntries(voxels), named(1));
    const { valuePosition, length } = parseDicomHeader(seg).pixelData!;
    assert.equal(length! % 2, 0);
    assert.ok(length! * 8 >= frames * PIXELS && length! * 8 < frames * PIXELS + 16);
    assert.equal(valuePosition + length!, seg.length);
  }
});

Deno.test("niftiToSeg() writes hundreds of frames as one sequence", async () => {
  const series = geometryOfSeries(seriesHeaders({ slices: 130 }));
  const labels = seededBytes(1, PIXELS * 130).map((byte) => byte % 3);
  const mask = await writeNifti({ ...series, labels });
  const seg = await niftiToSeg({ mask, series, segments: named(1, 2) });
  assert.equal(parseDicomHeader(seg).sequence("PerFrameFunctionalGroupsSequence").length, 260);
  assert.deepEqual((await readSeg({ seg, series })).labels, labels);
});

Deno.test("niftiToSeg() writes frames by segment, then by slice, with their source images", async () => {
  const seg = await convert({ 0: 2, [PIXELS * 3]: 1, [PIXELS]: 2 }, named(1, 2));
  const header = parseDicomHeader(seg);
  const frames = header.sequence("PerFrameFunctionalGroupsSequence").map((frame) => [
    frame.sequence("FrameContentSequence")[0]!.numbers("DimensionIndexValues"),
    frame.sequence("PlanePositionSequence")[0]!.numbers("ImagePositionPatient"),
    frame.sequence("DerivationImageSequence")[0]!.sequence("SourceImageSequence")[0]!
      .string("ReferencedSOPInstanceUID"),
  ]);
  assert.deepEqual(frames, [
    [[1, 4], [-20, 13, 407.5], "2.25.1003"],
    [[2, 1], [-20, 13, 400], "2.25.1000"],
    [[2, 2], [-20, 13, 402.5], "2.25.1001"],
  ]);
  const [series] = header.sequence("ReferencedSeriesSequence");
  assert.equal(series!.string("SeriesInstanceUID"), "2.25.2");
  assert.equal(series!.sequence("ReferencedInstanceSequence").length, 5);
});

Deno.test("niftiToSeg() refers to frames of an enhanced image by their numbers", async () => {
  const series = geometryOfSeries([enhanced(4)]);
  const labels = new Uint8Array(PIXELS * 4).fill(1, PIXELS, PIXELS + 3);
  const mask = await writeNifti({ ...series, labels });
  const header = parseDicomHeader(await niftiToSeg({ mask, series, segments: named(1) }));
  const [frame] = header.sequence("PerFrameFunctionalGroupsSequence");
  const [source] = frame!.sequence("DerivationImageSequence")[0]!.sequence("SourceImageSequence");
  assert.equal(source!.string("ReferencedSOPInstanceUID"), "2.25.5");
  assert.equal(source!.number("ReferencedFrameNumber"), 3);
  const [of] = header.sequence("ReferencedSeriesSequence");
  assert.equal(of!.sequence("ReferencedInstanceSequence").length, 1);
});

Deno.test("niftiToSeg() copies patient and study, in UTF-8, and says what made it", async () => {
  const header = parseDicomHeader(
    await convert({ 1: 1 }, named(1), {
      seriesDescription: "Läsionen",
      seriesNumber: 77,
      contentCreatorName: "Müller^Eva",
      now: new Date(2026, 4, 3, 21, 7, 9, 5),
    }),
  );
  const expected = {
    SpecificCharacterSet: "ISO_IR 192",
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
    PatientName: "Фантомов^Иван",
    PatientID: "P1",
    StudyInstanceUID: "2.25.1",
    StudyDate: "20190207",
    AccessionNumber: "A1",
    FrameOfReferenceUID: "2.25.3",
    Modality: "SEG",
    SeriesNumber: "77",
    SeriesDescription: "Läsionen",
    ContentCreatorName: "Müller^Eva",
    ContentDate: "20260503",
    ContentTime: "210709.005",
    SegmentationType: "BINARY",
    LossyImageCompression: "00",
  };
  const found = Object.keys(expected).map((name) => [name, header.string(name)]);
  assert.deepEqual(Object.fromEntries(found), expected);
  assert.notEqual(header.string("SeriesInstanceUID"), "2.25.2");
});

Deno.test("niftiToSeg() writes times at the offset of the images", async () => {
  const series = seriesHeaders({ attributes: { TimezoneOffsetFromUTC: "-0330" } });
  const now = new Date("2026-01-01T01:00:00Z");
  const header = parseDicomHeader(await convert({ 1: 1 }, named(1), { series, now }));
  assert.equal(header.string("ContentDate"), "20251231");
  assert.equal(header.string("ContentTime"), "213000.000");
});

Deno.test("niftiToSeg() says that a segmentation of lossy images is lossy", async () => {
  const series = seriesHeaders({
    attributes: { LossyImageCompression: "01", LossyImageCompressionRatio: 8 },
  });
  const header = parseDicomHeader(await convert({ 1: 1 }, named(1), { series }));
  assert.equal(header.string("LossyImageCompression"), "01");
  assert.equal(header.number("LossyImageCompressionRatio"), 8);
});

Deno.test("niftiToSeg() gives the same bytes for the same UIDs and time", async () => {
  const twice = await Promise.all([0, 1].map(() => {
    const random = seededRandom(5);
    const uid = () => `2.25.${Math.floor(random() * 2 ** 32)}`;
    return convert({ 1: 1, 99: 2 }, named(1, 2), { uid, now: new Date(0) });
  }));
  assert.deepEqual(twice[0], twice[1]);
});

Deno.test("segmentsOf() gives back what niftiToSeg() was told", async () => {
  const segments: Segment[] = [{
    value: 1035,
    label: "Linke Insel",
    description: "von Hand geprüft",
    algorithm: { type: "SEMIAUTOMATIC", name: "grow 3" },
    category: { value: "123037004", scheme: "SCT", meaning: "Anatomical Structure" },
    type: { value: "36169008", scheme: "SCT", meaning: "Insula" },
    anatomicRegion: { value: "12738006", scheme: "SCT", meaning: "Brain" },
    color: [255, 192, 32],
  }];
  const [{ number, ...stored }] = await segmentsOf(await convert({ 1: 1035 }, segments)) as [
    Awaited<ReturnType<typeof segmentsOf>>[number],
  ];
  assert.equal(number, 1);
  assert.deepEqual(stored, segments[0]);
});

const VECTORS: readonly [Vector, Vector][] = [
  [[1, 0, 0], [0, 1, 0]],
  [[0, 1, 0], [0, 0, -1]],
  [[-1, 0, 0], [0, 0, -1]],
  [[0.8, 0.6, 0.1], [-0.3, 0.5, 0.9]],
];

Deno.test("niftiToSeg() resolves any order and direction of the mask's axes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...VECTORS),
      fc.constantFrom<Vector>([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      fc.boolean(),
      fc.nat(),
      async ([row, column], order, flips, isTilted, seed) => {
        const input: SeriesInput = isTilted
          ? { slices: 3, step: [0, 0.5, 2.5] }
          : { row, column, slices: 3 };
        const series = geometryOfSeries(seriesHeaders(input));
        const labels = seededBytes(seed, PIXELS * 3).map((byte) => byte % 3);
        const mask = await writeNifti(turned({ ...series, labels }, order, flips));
        const seg = await niftiToSeg({ mask, series, segments: named(1, 2) });
        assert.deepEqual((await readSeg({ seg, series })).labels, labels);
      },
    ),
    { numRuns: 100 },
  );
});

type Made = Parameters<typeof writeNifti>[0];

/** The same voxels at the same places, stored along other axes. */
function turned(mask: Made, order: Vector, flips: readonly boolean[]): Made {
  const { shape, axes, origin, labels } = mask;
  const first = order.map((axis, i) => flips[i] ? shape[axis]! - 1 : 0);
  const start = [0, 0, 0];
  order.forEach((axis, i) => start[axis] = first[i]!);
  const strides = [1, shape[0], shape[0] * shape[1]];
  const size = order.map((axis) => shape[axis]!) as [number, number, number];
  const out = new Uint8Array(labels.length);
  for (let at = 0; at < out.length; at++) {
    const index = [
      at % size[0],
      Math.floor(at / size[0]) % size[1],
      Math.floor(at / size[0] / size[1]),
    ];
    const from = order.reduce(
      (sum, axis, i) => sum + strides[axis]! * (flips[i] ? size[i]! - 1 - index[i]! : index[i]!),
      0,
    );
    out[at] = labels[from]!;
  }
  const place = origin.map((x, part) =>
    start.reduce((sum, steps, axis) => sum + steps * axes[axis]![part]!, x)
  ) as unknown as Vector;
  const turnedAxes = order.map((axis, i) =>
    axes[axis]!.map((part) => part * (flips[i] ? -1 : 1))
  ) as unknown as Made["axes"];
  return { shape: size, origin: place, axes: turnedAxes, labels: out };
}

async function mismatch(change: Partial<Made>): Promise<GridMismatch> {
  const shape = change.shape ?? SERIES.shape;
  const labels = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const mask = await writeNifti({ ...SERIES, labels, ...change });
  const error = await rejects(
    () => niftiToSeg({ mask, series: SERIES, segments: named(1), url: "label.nii" }),
    "GridMismatch",
  );
  assert.ok(error instanceof GridMismatch);
  return error;
}

Deno.test("niftiToSeg() says how a mask's shape differs", async () => {
  const { message, differences } = await mismatch({ shape: [11, 7, 4] });
  assert.equal(
    message,
    'Cannot convert the mask "label.nii": its grid is not that of the series: ' +
      "shape 11x7x4 against 11x7x5",
  );
  assert.deepEqual(differences, { shape: [[11, 7, 4], [11, 7, 5]] });
});

Deno.test("niftiToSeg() says how a mask's spacing differs", async () => {
  const { differences } = await mismatch({ axes: [[0.5, 0, 0], [0, 0.75, 0], [0, 0, 3]] });
  assert.deepEqual(differences, { spacing: [[0.5, 0.75, 3], [0.5, 0.75, 2.5]] });
});

Deno.test("niftiToSeg() says how far a mask's origin is off", async () => {
  const { differences } = await mismatch({ origin: [-20, 16, 404] });
  assert.deepEqual(differences, { origin: 5 });
});

Deno.test("niftiToSeg() refuses a mask that is half a voxel off", async () => {
  const { differences } = await mismatch({ origin: [-19.75, 13, 400] });
  assert.deepEqual(differences, { origin: 0.25 });
});

Deno.test("niftiToSeg() says how far a mask is turned", async () => {
  const angle = 5 * Math.PI / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const axes = [[0.5 * cos, 0.5 * sin, 0], [-0.75 * sin, 0.75 * cos, 0], [0, 0, 2.5]] as const;
  const { differences, message } = await mismatch({ axes });
  assert.deepEqual(Object.keys(differences), ["orientation"]);
  assert.ok(Math.abs(differences.orientation! - 5) < 1e-3);
  assert.match(message, /orientation off by 5 degrees/);
});

Deno.test("niftiToSeg() refuses a mask with right angles on the images of a tilted gantry", async () => {
  const series = geometryOfSeries(seriesHeaders({ step: [0, 0.75, 2.5] }));
  const labels = new Uint8Array(PIXELS * 5);
  const axes = [...series.axes.slice(0, 2), [0, 0, 2.5]] as unknown as Made["axes"];
  const mask = await writeNifti({ ...series, axes, labels });
  const error = await rejects(
    () => niftiToSeg({ mask, series, segments: named(1) }),
    "GridMismatch",
  );
  assert.ok((error as GridMismatch).differences.orientation! > 15);
});

Deno.test("niftiToSeg() obeys the tolerance", async () => {
  const mask = await writeNifti({
    ...SERIES,
    origin: [-19.75, 13, 400],
    labels: new Uint8Array(PIXELS * 5),
  });
  await niftiToSeg({ mask, series: SERIES, segments: named(1), tolerance: 0.6 });
});

Deno.test("niftiToSeg() takes any thickness of a single slice that has none", async () => {
  const series = geometryOfSeries(
    seriesHeaders({ slices: 1, attributes: { SliceThickness: undefined } }),
  );
  const axes = [...series.axes.slice(0, 2), [0, 0, 4]] as unknown as Made["axes"];
  const mask = await writeNifti({ ...series, axes, labels: new Uint8Array(PIXELS).fill(1) });
  const seg = await niftiToSeg({ mask, series, segments: named(1) });
  assert.equal(parseDicomHeader(seg).number("NumberOfFrames"), 1);
});

Deno.test("niftiToSeg() checks the grid before it reads the voxels", async () => {
  const mask = await writeNifti({ ...SERIES, shape: [11, 7, 4], labels: new Uint8Array(308) });
  const cut = mask.subarray(0, -1);
  await rejects(
    () => niftiToSeg({ mask: cut, series: SERIES, segments: named(1) }),
    "GridMismatch",
  );
});

/** What dcmjs logs while a task runs. */
async function loggedBy(task: () => Promise<unknown>): Promise<unknown[]> {
  const { log } = (await import("dcmjs")).default;
  const logged: unknown[] = [];
  const factory = log.methodFactory;
  const set = (next: unknown) => {
    log.methodFactory = next;
    log.setLevel(log.getLevel(), false);
  };
  set(() => (...args: unknown[]) => void logged.push(args));
  try {
    await task();
  } finally {
    set(factory);
  }
  return logged;
}

Deno.test("niftiToSeg() copies names and ids that are too long as they are, and logs none", async () => {
  const [PatientName, PatientID] = [`${"Secret".repeat(20)}^Anna`, "9".repeat(80)];
  const PatientSex = "NOT A CODE STRING OF 16";
  const series = seriesHeaders({ attributes: { PatientName, PatientID, PatientSex } });
  let seg = new Uint8Array();
  const logged = await loggedBy(async () => {
    seg = await convert({ 1: 1 }, named(1), { series });
  });
  assert.deepEqual(logged, []);
  const header = parseDicomHeader(seg);
  assert.equal(header.string("PatientName"), PatientName);
  assert.equal(header.string("PatientID"), PatientID);
});

const UNWRITABLE: readonly Partial<NiftiToSegOptions>[] = [
  { seriesDescription: "x".repeat(65) },
  { seriesDescription: "a\\b" },
  { contentCreatorName: "" },
  { contentLabel: "lower case" },
  { seriesNumber: 1.5 },
  { seriesNumber: 2 ** 31 },
];

for (const options of UNWRITABLE) {
  Deno.test(`niftiToSeg() refuses the description ${JSON.stringify(options)}`, async () => {
    await rejects(() => convert({ 1: 1 }, named(1), options), "BadDescription");
  });
}
