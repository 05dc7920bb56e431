/**
 * `cp -n` to other people's archives: what they have is left alone. Needs the Debian packages dcmtk and orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { assertSame, readAll, storeAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import {
  type Archive,
  dcmtk,
  type Instance,
  ORTHANC,
  phantom,
  withDcmqrscp,
  withOrthanc,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";

/** Copies where half is there already; the others of one series are, of another are not. */
async function fillsUp(archive: Archive): Promise<readonly Instance[]> {
  const list = await phantom();
  const there: Instance[] = list.filter((_, i) => i % 2 === 0);
  await storeAll(archive, there);
  // dcmqrscp loses instances when several associations store.
  await using vfs = vfsWith({ poolSize: 1 });
  for (const [i, { file }] of list.entries()) {
    await vfs.writeFile(`memory:///folder/${i}.dcm`, file);
  }
  const outcomes = new Map<string, string>();
  const copy = () =>
    vfs.copy("memory:///folder", urlOf(archive), {
      existing: "skip",
      onOutcome: ({ from, result }) => void outcomes.set(from, result),
    });
  const { done, skipped, failed } = await copy();
  assert.deepEqual([done, skipped, failed], [list.length - there.length, there.length, 0]);
  for (const i of list.keys()) {
    const expected = i % 2 === 0 ? "skipped" : "done";
    assert.equal(outcomes.get(`memory:///folder/${i}.dcm`), expected);
  }
  const again = await copy();
  assert.deepEqual([again.done, again.skipped, again.failed], [0, list.length, 0]);
  return list;
}

/** … and then the archive has all of it. */
async function fillsUpWhole(archive: Archive): Promise<void> {
  const list = await fillsUp(archive);
  await using vfs = vfsWith();
  assertSame(await readAll(vfs, urlOf(archive)), list);
}

await peerTest(
  dcmtk("dcmqrscp"),
  "copy() that leaves alone what is there sends dcmqrscp the rest, and then nothing",
  () => withDcmqrscp(fillsUpWhole),
);

await peerTest(
  ORTHANC,
  "copy() that leaves alone what is there sends Orthanc the rest, and then nothing",
  () => withOrthanc(fillsUpWhole, { DicomAlwaysAllowStore: true }),
);

await peerTest(
  ORTHANC,
  "copy() that leaves alone what is there asks one by one where Orthanc limits its answers",
  () =>
    withOrthanc(
      async (archive) => void await fillsUp(archive),
      { DicomAlwaysAllowStore: true, LimitFindResults: 2 },
    ),
);
