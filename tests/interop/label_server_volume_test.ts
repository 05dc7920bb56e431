/**
 * Volumes as nibabel reads them, against the images that they are made of as pydicom reads those.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl, join } from "@std/path";
import { seriesVolume } from "../../datastore/mod.ts";
import { bytesSource, parseDicomHeader } from "../../formats/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import type { SeriesInput } from "../datastore/segmentation/_series.ts";
import { files, noise, whole } from "../datastore/volume/_pixels.ts";
import { hasSamples, SAMPLES } from "../formats/_samples.ts";
import { type Peer, peerTest, PYDICOM } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("label_server_volume.py", import.meta.url));

const NIBABEL: Peer = {
  name: "nibabel and pydicom",
  command: PYDICOM.command,
  probe: ["-c", "import nibabel, pydicom"],
};

const MADE: Readonly<Record<string, SeriesInput>> = {
  axial: { attributes: { RescaleSlope: 0.5, RescaleIntercept: -1024 } },
  coronal: { column: [0, 0, -1] },
  sagittal: { row: [0, 1, 0], column: [0, 0, -1] },
  feetFirst: { row: [-1, 0, 0], attributes: { PixelRepresentation: 1 } },
  oblique: { row: [0.8, 0.6, 0.1], column: [-0.3, 0.5, 0.9] },
  tilted: { step: [0, 0.8, 2.4], attributes: { BitsStored: 12, HighBit: 11 } },
};

/** Stores a series and its volume; gives the job of comparing them. */
async function store(root: string, name: string, series: readonly Uint8Array<ArrayBuffer>[]) {
  const [folder, path] = [join(root, name), join(root, `${name}.nii`)];
  await Deno.mkdir(folder);
  for (const [i, bytes] of series.entries()) await Deno.writeFile(join(folder, `${i}.dcm`), bytes);
  const images = series.map((bytes) => ({
    header: parseDicomHeader(bytes),
    source: bytesSource(bytes),
  }));
  await Deno.writeFile(path, await whole(seriesVolume(images).content()));
  return [folder, path];
}

async function withFolder(task: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await task(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

await peerTest(
  NIBABEL,
  "seriesVolume() gives nibabel the values of pydicom in their places",
  async (run) => {
    await withFolder(async (root) => {
      const jobs = [];
      for (const [name, input] of Object.entries(MADE)) {
        const masked = name === "tilted" ? 0x0FFF : 0xFFFF;
        const series = files(input, (slice) => noise(slice).map((value) => value & masked));
        jobs.push(await store(root, name, series));
      }
      const pet = (slice: number) =>
        files({ attributes: { RescaleSlope: slice + 0.25, RescaleIntercept: 0 } }, noise)[slice]!;
      jobs.push(await store(root, "scaled", [0, 1, 2, 3, 4].map(pet)));
      for (const modality of ["CT", "MR"] as const) {
        const all = new Map<string, Uint8Array<ArrayBuffer>[]>();
        for await (const { path, bytes } of phantomStudy({ modalities: [modality] })) {
          all.set(path[2]!, [...all.get(path[2]!) ?? [], bytes]);
        }
        for (const name of modality === "CT" ? ["2-AXIAL"] : ["2-T1"]) {
          jobs.push(await store(root, `phantom-${name}`, all.get(name)!));
        }
      }
      const said: [number, string][] = JSON.parse(await run(SCRIPT, JSON.stringify(jobs)));
      const count = 11 * 7 * 5;
      assert.deepEqual(said.slice(0, 7), [
        [count, "uint16"],
        [count, "uint16"],
        [count, "uint16"],
        [count, "int16"],
        [count, "uint16"],
        [count, "int16"],
        [count, "float32"],
      ]);
      assert.equal(said.length, 9);
    });
  },
);

if (hasSamples) {
  await peerTest(NIBABEL, "seriesVolume() gives nibabel the values of real series", async (run) => {
    await withFolder(async (root) => {
      const zip = fromFileUrl(new URL("imagedata/cohort.zip", SAMPLES));
      await run("-m", "zipfile", "-e", zip, join(root, "zip"));
      const found = new Map<string, Uint8Array<ArrayBuffer>[]>();
      await seriesBelow(join(root, "zip"), found);
      const jobs = [];
      for (const [uid, series] of found) jobs.push(await store(root, uid, series));
      const said: [number, string][] = JSON.parse(await run(SCRIPT, JSON.stringify(jobs)));
      assert.equal(said.length, 10);
    });
  });
}

async function seriesBelow(
  folder: string,
  found: Map<string, Uint8Array<ArrayBuffer>[]>,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      await seriesBelow(path, found);
      continue;
    }
    const bytes = await Deno.readFile(path);
    const uid = parseDicomHeader(bytes).string("SeriesInstanceUID")!;
    found.set(uid, [...found.get(uid) ?? [], bytes]);
  }
}
