/**
 * Storing a label so that it is there in whole or not at all: first its file and its segmentation, which nobody takes for
 * a label, then the record that makes it one.
 *
 * @module
 */

import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { asVfsError } from "../../vfs/copy/transfer.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ItemInfo } from "../datastore.ts";
import { LabelNotSaved, type LabelPart } from "../errors.ts";
import type { ReadFile } from "../label_file.ts";
import { removeIfThere } from "../remove_if_there.ts";
import { type RecordStore, storeFile } from "./record_store.ts";
import { writableCollection } from "./segmentation.ts";
import { compareStems, dataPath, recordPath, type StoredFile, versionsOf } from "./stored_label.ts";

/** A label to store. */
export interface NewLabel {
  /** Resource of labels of its scan. */
  readonly resource: Location;
  /** Its tag. */
  readonly tag: string;
  /** Its name, which no other label has. */
  readonly stem: string;
  /** Its file. */
  readonly file: ReadFile;
  /** What is known of it. */
  readonly record: ItemInfo;
  /** Its segmentation, and where that goes. */
  readonly segmentation?: { readonly at: Location; readonly bytes: Uint8Array<ArrayBuffer> };
}

/** What storing needs. */
export interface LabelStore {
  /** Writes. */
  readonly vfs: Vfs;
  /** Writes records. */
  readonly records: RecordStore;
  /** The files of a resource as they are now. */
  readonly list: (resource: Location, options: OpOptions) => Promise<StoredFile[]>;
}

/** How long taking away what was stored of a label may last, and how long after an abort. */
const CLEAN_UP_MS = 20_000;
const AFTERMATH_MS = 900;

/**
 * Stores a label and tells the files of its resource.
 *
 * @throws {LabelNotSaved} with the part that failed
 */
export async function storeLabel(
  store: LabelStore,
  label: NewLabel,
  options: OpOptions,
): Promise<StoredFile[]> {
  const { vfs, records } = store;
  const { resource, tag, stem, file, segmentation } = label;
  const data = resource.join(...dataPath(tag, stem, file.extension).split("/"));
  const record = resource.join(...recordPath(tag, stem).split("/"));
  const stored: Location[] = [];
  const attempt = async <T>(part: LabelPart, at: Location, work: () => Promise<T>): Promise<T> => {
    stored.unshift(at);
    try {
      return await work();
    } catch (error) {
      const left = await takeBack(vfs, stored, options.signal?.aborted ?? false);
      throw new LabelNotSaved(data.href, part, asVfsError(error, "save the label", at.href), left);
    }
  };
  await attempt("file", data, () => storeFile(vfs, data, file.bytes, options));
  if (segmentation) {
    const { at, bytes } = segmentation;
    await attempt("segmentation", at, () => vfs.writeFile(writableCollection(at), bytes, options));
  }
  return await attempt("record", record, async () => {
    await records.write(resource, recordPath(tag, stem), label.record, options);
    const files = await store.list(resource, options);
    const [latest] = versionsOf(files, tag);
    if (latest?.stem === stem) return files;
    // Of two that save at once, the one whose name is less has lost; it must not think otherwise.
    const isBeaten = latest !== undefined && compareStems(latest.stem, stem) > 0;
    const reason = isBeaten
      ? "somebody else saved this label at the same moment"
      : "the server does not list it";
    const kind = isBeaten ? "ConditionFailed" : "Corrupt";
    throw new VfsError(kind, { op: "save", url: record.href, reason });
  });
}

/** Removes what was stored, the last first; tells what could not be. */
async function takeBack(
  vfs: Vfs,
  stored: readonly Location[],
  isAborted: boolean,
): Promise<string[]> {
  const left: string[] = [];
  const signal = AbortSignal.timeout(isAborted ? AFTERMATH_MS : CLEAN_UP_MS);
  for (const at of stored) {
    try {
      await removeIfThere(vfs, at, { signal, recursive: true });
    } catch (error) {
      if (!isVfsError(error)) throw error;
      left.push(at.href);
    }
  }
  return left;
}
