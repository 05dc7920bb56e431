/**
 * Instances by lists of UIDs out of other people's archives.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { connectForTest } from "../../testing/mod.ts";
import { dicomTransport } from "../../transports/dicom/mod.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { storeAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import {
  type Archive,
  dcmtk,
  type Instance,
  instanceOf,
  ORTHANC,
  withDcmqrscp,
  withOrthanc,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { QRSCP, withQrscp } from "./pynetdicom_kit.ts";

/** One series, large enough to come by several lists. */
async function series(): Promise<Instance[]> {
  const list: Instance[] = [];
  for (let i = 1; i <= 150; i++) {
    const file = writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
      SOPInstanceUID: `1.2.3.3.${i}`,
      StudyDate: "20200101",
      StudyTime: "100000",
      AccessionNumber: "A1",
      StudyID: "1",
      Modality: "MR",
      PatientName: "Doe^Jane",
      PatientID: "P1",
      StudyInstanceUID: "1.2.3.1",
      SeriesInstanceUID: "1.2.3.2",
      SeriesNumber: 1,
      InstanceNumber: i,
      PixelData: new Uint8Array(100).fill(i),
    });
    list.push(await instanceOf(String(i), file));
  }
  return list;
}

async function comesWhole(archive: Archive, takesLists: boolean): Promise<void> {
  const list = await series();
  await storeAll(archive, list);
  const at = `${urlOf(archive)}/P1/1.2.3.1/1.2.3.2`;
  const { transport } = await connectForTest(dicomTransport(), at);
  await using _ = transport;
  const { location } = parseLocation(at);
  await Array.fromAsync(transport.list(location, { signal: NEVER }));
  // So few would be left to be got alone where the archive took no lists.
  const few = list.slice(20, 30);
  const asked = few.map(({ sopInstanceUID }) => location.join(sopInstanceUID));
  const pages = await Array.fromAsync(transport.getMany!(asked, { signal: NEVER }));
  const given = pages.flat().map(({ location }) => location.name);
  const expected = takesLists ? few.map((each) => each.sopInstanceUID) : [];
  assert.deepEqual(given.sort(), expected.sort());
  await using vfs = vfsWith();
  const report = await vfs.copy(at, "memory:///out");
  assert.deepEqual([report.done, report.failed], [list.length, 0]);
  for (const { sopInstanceUID, dataset } of list) {
    const file = await vfs.readFile(`memory:///out/${sopInstanceUID}`);
    assert.deepEqual(file.subarray(-dataset.length), dataset);
  }
}

await peerTest(
  dcmtk("dcmqrscp"),
  "dicom: instances come out of dcmqrscp by lists",
  () => withDcmqrscp((archive) => comesWhole(archive, true)),
);
await peerTest(
  ORTHANC,
  "dicom: instances come out of Orthanc by lists",
  () => withOrthanc((archive) => comesWhole(archive, true), { DicomAlwaysAllowStore: true }),
);
await peerTest(
  QRSCP,
  "dicom: instances come out of qrscp, which fails with C413H for a list",
  () => withQrscp((archive) => comesWhole(archive, false)),
);
