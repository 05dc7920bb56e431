/**
 * `datastore_v2.json`: the index that MONAI Label's LocalDatastore keeps.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { isName } from "../../vfs/location/names.ts";
import type { ItemInfo } from "../datastore.ts";
import { recordOf } from "../../vfs/json.ts";
import { formatPythonJson, parsePythonJson } from "../python_json.ts";

/** An image or a label: the ending of its name, and what is known of it. */
export interface Leaf {
  /** Ending with its dot. */
  ext: string;
  /** What is known of it. */
  info: ItemInfo;
}

/** An image with its labels. */
export interface IndexObject {
  /** The image. */
  image: Leaf;
  /** Its labels by tag. */
  labels: Record<string, Leaf>;
}

/** The index; what others put in besides is kept. */
export interface FolderIndex {
  /** Name of the store. */
  name: string;
  /** Description of the store. */
  description: string;
  /** Folder of images, `.` for that of the store. */
  images_dir: string;
  /** Folder of labels. */
  labels_dir: string;
  /** Images by id. */
  objects: Record<string, IndexObject>;
}

/** The index of an empty store. */
export function emptyIndex(): FolderIndex {
  return {
    name: "new-dataset",
    description: "New Dataset",
    images_dir: ".",
    labels_dir: "labels",
    objects: {},
  };
}

/** Reads the text of an index. @throws `Corrupt` when it is none, rather than starting anew and losing what was known */
export function parseIndex(text: string, url: string): FolderIndex {
  const broken = (reason: string, cause?: unknown) =>
    new VfsError("Corrupt", { op: "read the index", url, reason, cause });
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    throw broken("it is no JSON; restore it, or remove it to have it made of the files", error);
  }
  const given = recordOf(value);
  const index = { ...emptyIndex(), ...given };
  for (const key of ["name", "description", "images_dir", "labels_dir"] as const) {
    if (typeof index[key] !== "string") throw broken(`its ${key} is no text`);
  }
  for (const folder of [index.images_dir, index.labels_dir]) {
    if (!namesOf(folder).every(isName) || folder.startsWith("/")) {
      throw broken(`its folder ${JSON.stringify(folder)} is not below that of the store`);
    }
  }
  const objects = Object.entries(recordOf(given.objects)).map(([id, object]) => {
    const { image, labels } = recordOf(object);
    const tags = Object.entries(recordOf(labels))
      .filter(([tag]) => isFolderName(tag))
      .map(([tag, leaf]) => [tag, leafOf(leaf)]);
    return [id, { image: leafOf(image), labels: Object.fromEntries(tags) }] as const;
  });
  return { ...index, objects: Object.fromEntries(objects) };
}

/** The text of an index, as Python writes it. */
export function formatIndex(index: FolderIndex): string {
  return formatPythonJson(index);
}

/** Names of the folders on a path such as `.` or `a/b`. */
export function namesOf(folder: string): string[] {
  return folder.split("/").filter((name) => name !== "." && name !== "");
}

/** Whether an id can be a file's path below the folder of images. */
export function isImageId(id: string): boolean {
  return id.split("/").every((name) => isName(name) && !name.includes("\\")) &&
    !id.startsWith(".") && id !== "__proto__";
}

/** Whether a label's tag can be a folder; Python takes more for one than we give. */
function isFolderName(tag: string): boolean {
  return isName(tag) && !/[/\\]/.test(tag) && tag !== "__proto__";
}

function leafOf(value: unknown): Leaf {
  const { ext, info } = recordOf(value);
  return { ext: typeof ext === "string" && !/[/\\\0]/.test(ext) ? ext : "", info: recordOf(info) };
}
