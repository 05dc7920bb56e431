/**
 * The look through the folder that brings the index up to date.
 *
 * @module
 */

import { forEachBounded, mapBounded } from "../../vfs/concurrency/pool.ts";
import type { Entry } from "../../vfs/entry.ts";
import { isNotFound } from "../../vfs/errors.ts";
import type { Folder } from "./folder.ts";
import type { InstanceIndex } from "./index/instance_index.ts";
import { type FileRecord, type InstanceRecord, valuesOf } from "./record.ts";

/** Headers read at a time. */
const CONCURRENCY = 8;
/** Records that go into the index in one go. */
const BATCH = 256;

/** How far the look through the folder has come. */
export interface IndexProgress {
  /** Files that were looked at. */
  readonly files: number;
  /** Those of them that are no DICOM instance, or one that is cut. */
  readonly skipped: number;
}

/** Brings the index up to date with the folder: reads what is new or changed, forgets what is gone. */
export async function indexFolder(
  folder: Folder,
  index: InstanceIndex,
  signal: AbortSignal,
  onProgress: (progress: IndexProgress) => void,
): Promise<void> {
  const records: InstanceRecord[] = [];
  const others: FileRecord[] = [];
  let files = 0;
  let skipped = 0;
  const flush = () => {
    index.put(records.splice(0));
    index.putOthers(others.splice(0));
    onProgress({ files, skipped });
  };
  const add = (file: FileRecord, record: InstanceRecord | undefined) => {
    if (record) records.push(record);
    else {
      others.push(file);
      skipped++;
    }
    if (records.length + others.length >= BATCH) flush();
  };
  index.beginPass();
  await forEachBounded(folder.files(signal), CONCURRENCY, async (entry: Entry) => {
    const file = folder.record(entry);
    files++;
    if (index.visit(file)) return;
    // In a pipe there is nothing to index.
    if (entry.kind === "other") return add(file, undefined);
    const isThere = await whileThere(async () => add(file, await recordOf(folder, file, signal)));
    if (!isThere) index.unvisit(file);
  });
  flush();
  await mapBounded(index.endPass(), CONCURRENCY, (path) =>
    whileThere(async () => {
      const file = await folder.stat(path);
      add(file, await recordOf(folder, file, signal));
    }));
  flush();
}

/** Reads a file, and tells whether it was there: others may work in the folder. */
async function whileThere(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** What is indexed of a file; undefined when it is no DICOM instance, or one that is cut. */
export async function recordOf(
  folder: Folder,
  file: FileRecord,
  signal: AbortSignal,
): Promise<InstanceRecord | undefined> {
  const meta = await folder.meta(file.path, signal);
  if (!meta) return;
  const { transferSyntaxUID, datasetOffset, sopClassUID, sopInstanceUID } = meta;
  const values = {
    ...valuesOf(meta.header),
    SOPClassUID: sopClassUID,
    SOPInstanceUID: sopInstanceUID,
  };
  if (!isPlaced(values)) return;
  return { values, transferSyntaxUID, file: { ...file, datasetOffset } };
}

/** Whether the values tell where in the hierarchy an instance is; a DICOMDIR is nowhere. */
export function isPlaced(values: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(values.StudyInstanceUID && values.SeriesInstanceUID && values.SOPInstanceUID);
}
