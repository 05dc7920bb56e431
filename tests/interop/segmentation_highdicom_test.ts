/**
 * Segmentations against highdicom, masks against nibabel, and what we write against dciodvfy.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl, join } from "@std/path";
import { ensureDir } from "@std/fs";
import {
  geometryOfSeries,
  niftiToSeg,
  readSeg,
  type Segment,
  writeNifti,
} from "../../datastore/segmentation/mod.ts";
import { parseDicomHeader } from "../../formats/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { seededBytes } from "../../testing/random.ts";
import { seriesFiles, type SeriesInput } from "../datastore/segmentation/_series.ts";
import { hasSamples, SAMPLES } from "../formats/_samples.ts";
import { type Peer, peerTest, PYDICOM } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("segmentation_highdicom.py", import.meta.url));

/** highdicom and nibabel, in the same Python as pydicom. */
const HIGHDICOM: Peer = {
  name: "highdicom and nibabel",
  command: PYDICOM.command,
  probe: ["-c", "import highdicom, nibabel"],
};

/** The validator of dicom3tools; it fails where it finds an error. */
const DCIODVFY: Peer = { name: "dciodvfy", command: ["dciodvfy"], probe: ["-version"] };

const LABELS = 3;
const SEGMENTS: readonly Segment[] = [3, 1, 2].map((value) => ({
  value,
  label: `Läsion ${value}`,
  algorithm: { type: "AUTOMATIC", name: "net" },
  color: [80 * value, 0, 255],
}));

/** One series in a folder, with a mask and the segmentation that we make of it. */
interface Case {
  readonly name: string;
  readonly files: readonly Uint8Array<ArrayBuffer>[];
}

async function phantom(modality: "CT" | "MR", series: string): Promise<Case> {
  const files: Uint8Array<ArrayBuffer>[] = [];
  for await (const { path, bytes } of phantomStudy({ modalities: [modality] })) {
    if (path[2] === series) files.push(bytes);
  }
  return { name: `phantom-${series}`, files };
}

const MADE: Readonly<Record<string, SeriesInput>> = {
  axial: {},
  coronal: { column: [0, 0, -1] },
  sagittal: { row: [0, 1, 0], column: [0, 0, -1] },
  feetUp: { row: [-1, 0, 0] },
  oblique: { row: [0.8, 0.6, 0.1], column: [-0.3, 0.5, 0.9], columns: 13, rows: 9 },
  tilted: { step: [0, 0.8, 2.4] },
};

async function cases(): Promise<Case[]> {
  return [
    await phantom("CT", "2-AXIAL"),
    await phantom("MR", "2-T1"),
    ...Object.entries(MADE).map(([name, input]) => ({ name, files: seriesFiles(input) })),
  ];
}

/** Writes the images into a folder in another order than that of their places. */
async function store({ name, files }: Case, root: string): Promise<string> {
  const folder = join(root, name);
  await ensureDir(folder);
  for (const [i, bytes] of files.entries()) {
    await Deno.writeFile(join(folder, `${(i * 7) % files.length}-${i}.dcm`), bytes);
  }
  return folder;
}

/** Labels from 0 to 3, the last slice without any. */
function drawn(
  [columns, rows, slices]: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const count = columns * rows * slices;
  return seededBytes(count, count).map((byte, i) =>
    i < count - columns * rows ? Math.max(0, byte % 8 - 8 + LABELS + 1) : 0
  );
}

async function withFolder(task: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await task(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

interface Said {
  readonly voxels: number;
  readonly name: string;
  readonly frames: number;
  readonly segments: readonly [value: number, label: string, type: string][];
}

/** Converts a random mask of a stored series and gives both files. */
async function convert(files: readonly Uint8Array[], folder: string) {
  const series = geometryOfSeries(files.map((bytes) => parseDicomHeader(bytes)));
  const labels = drawn(series.shape);
  const mask = await writeNifti({ ...series, labels }, { gzip: true });
  const seg = await niftiToSeg({ mask, series, segments: SEGMENTS });
  const paths = [`${folder}.dcm`, `${folder}.nii.gz`] as const;
  await Deno.writeFile(paths[0], seg);
  await Deno.writeFile(paths[1], mask);
  return { series, labels, paths };
}

/** Has highdicom compare our segmentations with the masks that they were made of. */
async function compare(
  run: (...args: string[]) => Promise<string>,
  cases: readonly Case[],
  root: string,
): Promise<void> {
  const made = [];
  for (const one of cases) {
    const folder = await store(one, root);
    made.push({ ...one, folder, ...await convert(one.files, folder) });
  }
  const jobs = made.map(({ folder, paths }) => [folder, ...paths]);
  const all: Said[] = JSON.parse(await run(SCRIPT, "read", JSON.stringify(jobs)));
  for (const [i, { name, series, labels }] of made.entries()) {
    const said = all[i]!;
    assert.equal(said.voxels, labels.filter((label) => label > 0).length, name);
    assert.equal(said.frames, LABELS * (series.shape[2] - 1), name);
    assert.equal(said.name, series.header.string("PatientName"));
    assert.deepEqual(said.segments, [
      [3, "Läsion 3", "Tissue"],
      [1, "Läsion 1", "Tissue"],
      [2, "Läsion 2", "Tissue"],
    ]);
  }
}

await peerTest(HIGHDICOM, "niftiToSeg() gives highdicom the pixels of the mask", async (run) => {
  await withFolder(async (root) => await compare(run, await cases(), root));
});

await peerTest(HIGHDICOM, "readSeg() reads the segmentations of highdicom", async (run) => {
  await withFolder(async (root) => {
    const made = [];
    for (const one of await cases()) {
      const folder = await store(one, root);
      made.push({ folder, ...await convert(one.files, folder) });
    }
    const jobs = made.map(({ folder, paths }) => [folder, paths[1], folder]);
    await run(SCRIPT, "write", JSON.stringify(jobs));
    for (const { folder, series, labels } of made) {
      const kinds = ["BINARY", "FRACTIONAL", "LABELMAP", "FRACTIONAL-RLE", "LABELMAP-RLE"];
      for (const kind of kinds) {
        const seg = await Deno.readFile(`${folder}-${kind}.dcm`);
        const read = await readSeg({ seg, series, threshold: 0.5 });
        assert.deepEqual(read.labels, labels, `${folder} ${kind}`);
      }
    }
  });
});

await peerTest(HIGHDICOM, "niftiToSeg() reads nibabel's masks of all kinds as one", async (run) => {
  await withFolder(async (root) => {
    const files = seriesFiles(MADE.oblique);
    const { series, paths } = await convert(files, join(root, "mask"));
    await run(SCRIPT, "variants", paths[1], await Deno.makeTempDir({ dir: root, prefix: "v" }));
    const fixed = { series, segments: SEGMENTS, now: new Date(0), uid: () => "2.25.7" };
    const expected = await niftiToSeg({ ...fixed, mask: await Deno.readFile(paths[1]) });
    let count = 0;
    for await (const { name, isDirectory } of Deno.readDir(root)) {
      if (!isDirectory) continue;
      for await (const variant of Deno.readDir(join(root, name))) {
        const mask = await Deno.readFile(join(root, name, variant.name));
        assert.deepEqual(await niftiToSeg({ ...fixed, mask }), expected, variant.name);
        count++;
      }
    }
    assert.equal(count, 48 + 10 * 2 * 2 + 2);
  });
});

await peerTest(DCIODVFY, "niftiToSeg() writes what dciodvfy finds no error in", async (run) => {
  await withFolder(async (root) => {
    for (const one of await cases()) {
      const { series, paths } = await convert(one.files, join(root, one.name));
      await run(paths[0]);
      const mask = await writeNifti({ ...series, labels: drawn(series.shape).fill(0) });
      const empty = await niftiToSeg({ mask, series, segments: SEGMENTS });
      await Deno.writeFile(paths[0], empty);
      await run(paths[0]);
    }
  });
});

if (hasSamples) {
  await peerTest(HIGHDICOM, "niftiToSeg() segments real series as highdicom does", async (run) => {
    await withFolder(async (root) => {
      const zip = fromFileUrl(new URL("imagedata/cohort.zip", SAMPLES));
      await run("-m", "zipfile", "-e", zip, root);
      const found = await seriesBelow(root);
      assert.equal(found.size, 10);
      const cases = [...found.values()].map((files, i) => ({ name: `series${i}`, files }));
      await compare(run, cases, root);
    });
  });
}

async function seriesBelow(folder: string): Promise<Map<string, Uint8Array<ArrayBuffer>[]>> {
  const found = new Map<string, Uint8Array<ArrayBuffer>[]>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      for (const [uid, files] of await seriesBelow(path)) {
        found.set(uid, [...found.get(uid) ?? [], ...files]);
      }
      continue;
    }
    const bytes = await Deno.readFile(path);
    const uid = parseDicomHeader(bytes).string("SeriesInstanceUID")!;
    found.set(uid, [...found.get(uid) ?? [], bytes]);
  }
  return found;
}
