/**
 * Volumes kept as files beside what is known of them.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { digester } from "../../vfs/bytes/digest.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { Filling } from "../cache/cache_folder.ts";
import type { ImageVolume } from "../datastore.ts";
import { recordOf } from "../../vfs/json.ts";
import { localPath } from "../local_path.ts";
import { seriesFiles } from "../series_files.ts";
import { seriesVolume } from "./series_volume.ts";

const RECORD = "volume.json";
/** Volumes that are made otherwise are made anew. */
const VERSION = 1;

/** What viewers show of an image. */
const FACTS = [
  "PatientID",
  "StudyInstanceUID",
  "SeriesInstanceUID",
  "StudyDate",
  "StudyTime",
  "Modality",
  "SeriesDescription",
] as const;

/** Makes the volume of the images in `folder`, as a compressed NIfTI with a name. */
export async function volumeFilling(
  vfs: Vfs,
  folder: string,
  name: string,
  options: OpOptions,
): Promise<Filling> {
  return {
    fingerprint: await versionOf(vfs, folder, options),
    fill: (into, options) => fill(vfs, folder, into, name, options),
  };
}

/** The volume in a folder that was filled so. */
export async function imageVolume(
  vfs: Vfs,
  folder: string,
  options: OpOptions,
): Promise<ImageVolume> {
  const { location } = parseLocation(folder);
  const { name, sha256, facts } = recordOf(
    JSON.parse(await vfs.readTextFile(location.child(RECORD), options)),
  );
  return {
    path: localPath(location.child(String(name))),
    sha256: String(sha256),
    facts: recordOf(facts),
  };
}

/** What tells one version of a folder from another without reading its files. */
async function versionOf(vfs: Vfs, folder: string, options: OpOptions): Promise<string> {
  const lines: string[] = [];
  for await (const { name, info } of vfs.readDir(folder, { ...options, detail: true })) {
    lines.push(JSON.stringify([name, info?.size, info?.mtime?.getTime()]));
  }
  const digest = await digester(["sha256"]);
  digest!.update(new TextEncoder().encode([VERSION, ...lines.sort()].join("\n")));
  return digest!.digests().sha256!;
}

async function fill(
  vfs: Vfs,
  folder: string,
  into: Location,
  name: string,
  { signal }: OpOptions,
) {
  const files = await seriesFiles(vfs, folder, { signal });
  const images = files.map(({ header, url }) => ({
    header,
    source: {
      read: (start: number, end: number) => vfs.readFile(url, { range: { start, end }, signal }),
    },
  }));
  const volume = seriesVolume(images, { url: parseLocation(folder).location.href, signal });
  const digest = await digester(["sha256"]);
  const noting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      digest!.update(chunk);
      controller.enqueue(chunk);
    },
  });
  const content = ReadableStream.from(volume.content())
    .pipeThrough(new CompressionStream("gzip"))
    .pipeThrough(noting);
  const { size = 0 } = await vfs.writeFile(into.child(name), content, { signal });
  const { sha256 } = digest!.digests();
  const record = JSON.stringify({ name, sha256, facts: factsOf(volume.geometry.header) });
  await vfs.writeFile(into.child(RECORD), record, { signal });
  return { bytes: size + record.length, files: 2 };
}

function factsOf(header: DicomHeader): Record<string, string> {
  const facts = FACTS.map((name) => [name, header.string(name)] as const);
  return Object.fromEntries(facts.filter((each): each is [typeof each[0], string] => !!each[1]));
}
