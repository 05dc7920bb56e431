/**
 * The `dicom:` driver before other people's archives.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { readFileMeta } from "../../formats/mod.ts";
import { cStore } from "../../transports/dicom/dimse/mod.ts";
import { dicomTransport, type DicomTransportOptions } from "../../transports/dicom/mod.ts";
import { builtinRegistry } from "../../transports/builtin.ts";
import { Vfs, type VfsOptions } from "../../vfs/vfs.ts";
import { type Archive, associate, type Instance } from "./dimse_kit.ts";

/** A filesystem whose `dicom:` has these options. */
export function vfsWith(
  options: DicomTransportOptions = {},
  layers: VfsOptions["layers"] = { retry: false },
): Vfs {
  const registry = builtinRegistry();
  registry.register(dicomTransport(options), { override: true });
  return new Vfs({ registry, layers });
}

/** The archive's URL. */
export function urlOf({ port, aeTitle }: Pick<Archive, "port" | "aeTitle">): string {
  return `dicom://127.0.0.1:${port}/${aeTitle}`;
}

/** Stores without the driver. */
export async function storeAll(archive: Archive, list: readonly Instance[]): Promise<void> {
  await using association = await associate(archive, list);
  for (const each of list) await cStore(association, each);
}

/** What was read of an instance. */
export interface Found {
  readonly dataset: Uint8Array;
  readonly transferSyntaxUID: string;
}

/** Walks all of an archive and reads every file, by SOP instance UID. */
export async function readAll(vfs: Vfs, url: string): Promise<Map<string, Found>> {
  const urls: string[] = [];
  for await (const entry of vfs.entries(url)) if (entry.isFile) urls.push(entry.url);
  const found = new Map<string, Found>();
  for (const each of urls) {
    const file = await vfs.readFile(each);
    const { datasetOffset, sopInstanceUID, transferSyntaxUID } = await readFileMeta(file);
    assert.equal(each.split("/").at(-1), sopInstanceUID);
    found.set(sopInstanceUID, { dataset: file.subarray(datasetOffset), transferSyntaxUID });
  }
  return found;
}

/** Checks that the datasets are those of `list`, byte by byte. */
export function assertSame(
  found: ReadonlyMap<string, Found>,
  list: readonly Instance[],
): void {
  assert.deepEqual([...found.keys()].sort(), list.map((each) => each.sopInstanceUID).sort());
  for (const { sopInstanceUID, dataset, name } of list) {
    assert.deepEqual(found.get(sopInstanceUID)?.dataset, dataset, name);
  }
}
