/**
 * The `dicom:` driver before Orthanc. Needs the Debian package orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { assertSame, readAll, storeAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import {
  cohort,
  type Instance,
  instanceOf,
  ORTHANC,
  orthancTest,
  phantom,
  pixelsOf,
  sampleTest,
  withOrthanc,
} from "./dimse_kit.ts";

const ANY = { DicomAlwaysAllowStore: true };

/** Studies of one small instance each, on as many days. */
async function studies(count: number): Promise<Instance[]> {
  const list: Instance[] = [];
  for (let i = 0; i < count; i++) {
    const file = writeDicomFile({
      SpecificCharacterSet: "ISO_IR 100",
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
      SOPInstanceUID: `1.2.3.3.${i}`,
      StudyDate: `2020010${1 + i % 9}`,
      StudyTime: `10${String(i % 60).padStart(2, "0")}00`,
      Modality: i % 2 ? "MR" : "CT",
      PatientName: `Müller^${i}`,
      PatientID: `P${i % 20}`,
      StudyInstanceUID: `1.2.3.1.${i}`,
      SeriesInstanceUID: `1.2.3.2.${i}`,
    });
    list.push(await instanceOf(String(i), file));
  }
  return list;
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(isVfsError(error), `${error}`);
  return error.kind;
}

await orthancTest("dicom 46: all of Orthanc is walked and read, byte by byte", async (archive) => {
  const list = await phantom();
  await storeAll(archive, list);
  await using vfs = vfsWith();
  assertSame(await readAll(vfs, urlOf(archive)), list);
  const [{ studyInstanceUID } = assert.fail()] = list;
  const at = `${urlOf(archive)}/.studies/${studyInstanceUID}`;
  assert.equal(await vfs.info(`${at}/2`), "#2: 16 CT AXIAL");
  const [file] = await Array.fromAsync(vfs.readDir(`${at}/2`), (entry) => entry.url);
  assert.match(await vfs.info(file!), /^\d+ 1x128x128$/);
}, ANY);

await sampleTest(
  ORTHANC,
  "dicom: 48 real instances come out of Orthanc with their pixels",
  () =>
    withOrthanc(async (archive) => {
      const list = await cohort();
      await storeAll(archive, list);
      await using vfs = vfsWith();
      const found = await readAll(vfs, urlOf(archive));
      assert.equal(found.size, list.length);
      for (const { sopInstanceUID, dataset, transferSyntaxUID, name } of list) {
        const pixels = await pixelsOf(found.get(sopInstanceUID)!.dataset, transferSyntaxUID);
        assert.deepEqual(pixels, await pixelsOf(dataset, transferSyntaxUID), name);
      }
    }, ANY),
);

await orthancTest(
  "dicom 37: an Orthanc that gives 10 answers at most is listed completely",
  async (archive) => {
    const list = await studies(60);
    await storeAll(archive, list);
    await using vfs = vfsWith();
    const url = urlOf(archive);
    const names = (path: string) => Array.fromAsync(vfs.readDir(url + path), ({ name }) => name);
    assert.equal((await names("/.studies")).length, 60);
    assert.equal((await names("")).length, 20);
    assert.equal((await names("/.studies?Modality=MR")).length, 30);
    assert.equal((await readAll(vfs, url)).size, 60);
  },
  { ...ANY, LimitFindResults: 10 },
);

await orthancTest(
  "dicom 49: an Orthanc that aborts at C-GET is read by C-MOVE, or NotSupported",
  async (archive) => {
    const list = await phantom();
    await storeAll(archive, list);
    const { destination: port } = archive;
    const listen = { aeTitle: "MEDVFS", port, hostname: "127.0.0.1" };
    await using vfs = vfsWith({ callingAET: "STRANGER", listen });
    assertSame(await readAll(vfs, urlOf(archive)), list);
    await using other = vfsWith({ callingAET: "STRANGER" });
    assert.equal(await kindOf(readAll(other, urlOf(archive))), "NotSupported");
  },
  {
    ...ANY,
    DicomAlwaysAllowGet: false,
  },
);

await orthancTest(
  "dicom 55: a destination that Orthanc does not know is InvalidArgument",
  async (archive) => {
    await storeAll(archive, await studies(1));
    const listen = { aeTitle: "NOBODY", port: archive.destination, hostname: "127.0.0.1" };
    await using vfs = vfsWith({ callingAET: "STRANGER", listen });
    assert.equal(await kindOf(readAll(vfs, urlOf(archive))), "InvalidArgument");
  },
  { ...ANY, DicomAlwaysAllowGet: false },
);

await orthancTest("dicom 3: a wrong AE title is told by Orthanc as NotFound", async ({ port }) => {
  await using vfs = vfsWith();
  assert.equal(await kindOf(vfs.stat(`dicom://127.0.0.1:${port}/OTHER`)), "NotFound");
}, { DicomCheckCalledAet: true });

await orthancTest(
  "dicom 38: consumers that stop leave an Orthanc that answers the next",
  async (archive) => {
    await storeAll(archive, await studies(60));
    await using vfs = vfsWith({ poolSize: 2 });
    for (let round = 0; round < 5; round++) {
      let count = 0;
      for await (const _ of vfs.readDir(`${urlOf(archive)}/.studies`)) if (++count > round) break;
    }
    const rest = await Array.fromAsync(vfs.readDir(`${urlOf(archive)}/.studies`));
    assert.equal(rest.length, 60);
  },
  ANY,
);

await orthancTest("dicom: names in any character set are found by Orthanc", async (archive) => {
  await storeAll(archive, await studies(3));
  await using vfs = vfsWith();
  const labels = await Array.fromAsync(vfs.readDir(urlOf(archive)), ({ label }) => label);
  assert.deepEqual(labels.sort(), ["Müller^0", "Müller^1", "Müller^2"]);
  const found = vfs.readDir(`${urlOf(archive)}?name=M%C3%BCller%5E1`);
  assert.deepEqual(await Array.fromAsync(found, ({ name }) => name), ["P1"]);
}, ANY);
