/**
 * The `dicom:` driver before archives by pynetdicom. Needs Python with pynetdicom and SQLAlchemy (`MEDVFS_PYTHON`).
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { assertSame, readAll, storeAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import { distinct, phantom, PYNETDICOM, realInstances, sampleTest } from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { QRSCP, withPynetdicom, withQrscp } from "./pynetdicom_kit.ts";

await peerTest(
  QRSCP,
  "dicom: qrscp, which answers once for each instance below, is listed once and read byte by byte",
  () =>
    withQrscp(async (archive) => {
      const list = await phantom();
      await using vfs = vfsWith();
      const url = urlOf(archive);
      for (const { name, file } of list) await vfs.writeFile(`memory:///study/${name}`, file);
      assert.equal((await vfs.copy("memory:///study", url)).done, list.length);
      const files: string[] = [];
      for await (const entry of vfs.entries(url)) if (entry.isFile) files.push(entry.name);
      assert.deepEqual(files.sort(), list.map((each) => each.sopInstanceUID).sort());
      assertSame(await readAll(vfs, url), list);
    }),
);

await sampleTest(
  QRSCP,
  "dicom: compressed images come unchanged out of qrscp, which tells no SOP classes",
  () =>
    withQrscp(async (archive) => {
      const isCompressed = (uid: string) => uid.startsWith("1.2.840.10008.1.2.4.");
      const list = distinct(
        (await realInstances()).filter((each) => isCompressed(each.transferSyntaxUID)),
      );
      assert(list.length >= 3);
      await storeAll(archive, list);
      await using vfs = vfsWith();
      assertSame(await readAll(vfs, urlOf(archive)), list);
    }),
);

await peerTest(
  PYNETDICOM,
  "dicom: a pynetdicom without C-GET, which moves in its own name, is read byte by byte",
  async () => {
    const list = await phantom();
    await withPynetdicom(list, async (archive) => {
      const { destination: port } = archive;
      const listen = { aeTitle: "MEDVFS", port, hostname: "127.0.0.1" };
      await using vfs = vfsWith({ callingAET: "SOMEBODY", listen });
      assertSame(await readAll(vfs, `${urlOf(archive)}/.studies`), list);
    }, "get");
  },
);
