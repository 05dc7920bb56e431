/**
 * The files of a scan that make the image.
 *
 * @module
 */

import type { Entry } from "../../vfs/entry.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { CachedFile } from "../cache/fetch_files.ts";
import { RESOURCE } from "./stored_label.ts";

/** Resources that are made of the image, or of labels. */
const DERIVED = new Set([RESOURCE, "SNAPSHOTS"]);

/**
 * The files of the scan at `scan` that are DICOM by what XNAT tells, or whatever else it has when there are none. Their names
 * are flat and differ, also for systems that take upper and lower case for one.
 */
export async function imageFiles(
  vfs: Vfs,
  scan: Location,
  options: OpOptions,
): Promise<CachedFile[]> {
  const resources: Entry[] = [];
  for await (const entry of vfs.readDir(scan, options)) {
    if (!DERIVED.has(entry.label ?? entry.name)) resources.push(entry);
  }
  const found: { entry: Entry; isDicom: boolean }[] = [];
  for (const resource of resources) {
    const isWhole = isDicom(resource) || /^dicom$/i.test(resource.label ?? resource.name);
    for await (const entry of vfs.entries(resource.url, { ...options, includeDirs: false })) {
      found.push({ entry, isDicom: isWhole || isDicom(entry) });
    }
  }
  const dicom = found.filter(({ isDicom }) => isDicom);
  const taken = new Set<string>();
  return (dicom.length > 0 ? dicom : found).map((
    { entry: { name, url, size, info }, isDicom },
  ) => ({
    name: freeName(isDicom ? dicomName(name) : name, taken),
    url,
    size,
    md5: info?.digests?.md5,
  }));
}

function isDicom({ info }: Entry): boolean {
  return /^dicom$/i.test(String(info?.attributes?.format));
}

function dicomName(name: string): string {
  return /\.dcm$/i.test(name) ? name : `${name}.dcm`;
}

function freeName(name: string, taken: Set<string>): string {
  const dot = name.indexOf(".", 1);
  const [stem, ending] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}~${n}${ending}`;
  taken.add(free.toLowerCase());
  return free;
}
