/**
 * The node before other people's clients.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { readFileMeta } from "../../formats/mod.ts";
import { type DicomNode, type DicomNodeOptions, serveDicomNode } from "../../testing/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { Instance } from "./dimse_kit.ts";

/** A node, NODE, on files below a folder. */
export async function nodeOf(
  list: readonly Instance[],
  options: DicomNodeOptions = {},
): Promise<DicomNode & { readonly vfs: Vfs }> {
  const vfs = createVfs();
  for (const { name, file } of list) await vfs.writeFile(`memory:///node/${name}`, file);
  const node = await serveDicomNode({ aeTitle: "NODE", vfs, root: "memory:///node", ...options });
  return Object.assign(node, { vfs });
}

/** The datasets of the files below a folder, by SOP instance. */
export async function filesIn(
  folder: string,
  vfs: Vfs = createVfs(),
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { isFile, url } of vfs.entries(folder)) {
    if (!isFile) continue;
    const file = await vfs.readFile(url);
    const { sopInstanceUID, datasetOffset } = await readFileMeta(file);
    files.set(sopInstanceUID, file.subarray(datasetOffset));
  }
  return files;
}

/** Checks that datasets are those of `list`, byte by byte; one at a time, since differences take long to be told. */
export function assertDatasets(
  found: ReadonlyMap<string, Uint8Array>,
  list: readonly Instance[],
): void {
  assert.deepEqual([...found.keys()].sort(), list.map((each) => each.sopInstanceUID).sort());
  for (const { sopInstanceUID, dataset, name } of list) {
    assert.deepEqual(found.get(sopInstanceUID), dataset, name);
  }
}

/** Writes instances as files, and gives their paths. */
export async function writeAll(folder: string, list: readonly Instance[]): Promise<string[]> {
  return await Promise.all(list.map(async ({ file }, n) => {
    const path = `${folder}/${n}.dcm`;
    await Deno.writeFile(path, file);
    return path;
  }));
}
