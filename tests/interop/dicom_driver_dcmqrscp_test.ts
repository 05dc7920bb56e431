/**
 * The `dicom:` driver before DCMTK's archive, dcmqrscp. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { readDicomHeader } from "../../formats/mod.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { assertSame, readAll, storeAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import {
  type Archive,
  cohort,
  dcmtk,
  distinct,
  type Instance,
  phantom,
  pixelsOf,
  realInstances,
  sampleTest,
  withDcmqrscp,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";

const DCMQRSCP = dcmtk("dcmqrscp");

/** Values and pixel data of a dataset, however it is written. */
async function contentOf(dataset: Uint8Array, transferSyntaxUID: string) {
  const header = await readDicomHeader(dataset, { transferSyntaxUID });
  const values = header.toJSON();
  for (const tag of Object.keys(values)) {
    if (tag.endsWith("0000") || tag === "FFFCFFFC" || tag === "7FE00010") delete values[tag];
  }
  return { values, pixels: await pixelsOf(dataset, transferSyntaxUID) };
}

/** Runs dcmqrscp with the phantom in it. */
function withPhantom(
  fn: (archive: Archive, list: readonly Instance[]) => Promise<void>,
  ...flags: string[]
): Promise<void> {
  return withDcmqrscp(async (archive) => {
    const list = await phantom();
    await storeAll(archive, list);
    await fn(archive, list);
  }, ...flags);
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(isVfsError(error), `${error}`);
  return error.kind;
}

await peerTest(
  DCMQRSCP,
  "dicom: all of dcmqrscp is walked and read, byte by byte",
  () =>
    withPhantom(async (archive, list) => {
      await using vfs = vfsWith();
      assertSame(await readAll(vfs, urlOf(archive)), list);
      const report = await vfs.copy(urlOf(archive), "memory:///dcmqrscp");
      assert.deepEqual([report.done, report.failed], [list.length, 0]);
    }),
);

await sampleTest(
  DCMQRSCP,
  "dicom: real files in all transfer syntaxes come back from dcmqrscp",
  () =>
    withDcmqrscp(async (archive) => {
      const list = distinct([...await realInstances(), ...await cohort()]);
      const kept: Instance[] = [];
      for (const each of list) {
        // Those that dcmqrscp refuses, such as one whose UIDs it finds wrong, are not the driver's matter.
        await storeAll(archive, [each]).then(() => kept.push(each), () => {});
      }
      assert(list.length === 0 || kept.length > 60, `${kept.length} of ${list.length} stored`);
      await using vfs = vfsWith();
      const found = await readAll(vfs, urlOf(archive));
      for (const { sopInstanceUID, dataset, transferSyntaxUID, name } of kept) {
        // It writes anew what it sends, so that lengths of sequences, and even the transfer syntax, may change.
        const { dataset: actual, transferSyntaxUID: syntax } = found.get(sopInstanceUID)!;
        const expected = await contentOf(dataset, transferSyntaxUID);
        assert.deepEqual(await contentOf(actual, syntax), expected, name);
      }
    }),
);

for (const flag of ["--no-patient-root", "--no-study-root"]) {
  await peerTest(
    DCMQRSCP,
    `dicom: dcmqrscp ${flag} is walked and read`,
    () =>
      withPhantom(async (archive, list) => {
        await using vfs = vfsWith();
        assertSame(await readAll(vfs, urlOf(archive)), list);
        assert.equal(await kindOf(vfs.stat(`${urlOf(archive)}/NOBODY/1.2.3`)), "NotFound");
      }, flag),
  );
}

await peerTest(
  DCMQRSCP,
  "dicom: accession numbers, series numbers and views lead to dcmqrscp's studies",
  () =>
    withPhantom(async (archive, [first]) => {
      await using vfs = vfsWith();
      const url = urlOf(archive);
      const study = first!.studyInstanceUID;
      const names = (path: string) => Array.fromAsync(vfs.readDir(url + path), ({ name }) => name);
      assert.deepEqual(await names("/.by-accession"), ["20190207CT"]);
      assert.deepEqual(await names("/.by-date/2019/02"), ["07"]);
      for (const path of ["/.by-date/2019/02/07", "/.studies", "/PHANTOM-1"]) {
        assert.deepEqual(await names(path), [study], path);
      }
      assert.equal((await names("/PHANTOM-1/20190207CT/2")).length, 16);
      assert.match(
        await vfs.info(`${url}/PHANTOM-1/20190207CT`),
        /^2019\.02\.07 09:00:00 20190207CT/,
      );
      // It has no SeriesDescription and no counts: what there is, is counted.
      assert.equal(await vfs.info(`${url}/PHANTOM-1/20190207CT/2`), "#2: 16 CT");
      assert.deepEqual(await names("?Modality=CT"), ["PHANTOM-1"]);
      assert.deepEqual(await names("?Modality=MR"), []);
      assert.deepEqual(await names("?StudyDate=2020-01-01.."), []);
    }),
);

await peerTest(
  DCMQRSCP,
  "dicom 48: dcmqrscp --disable-get is read by C-MOVE, or NotSupported",
  () =>
    withPhantom(async (archive, list) => {
      const { destination: port } = archive;
      const listen = { aeTitle: "MEDVFS", port, hostname: "127.0.0.1" };
      await using vfs = vfsWith({ listen });
      assertSame(await readAll(vfs, urlOf(archive)), list);
      await using other = vfsWith();
      assert.equal(await kindOf(readAll(other, urlOf(archive))), "NotSupported");
    }, "--disable-get"),
);

await peerTest(
  DCMQRSCP,
  "dicom 2: a wrong AE title is told by dcmqrscp as NotFound",
  () =>
    withPhantom(async ({ port }) => {
      await using vfs = vfsWith();
      assert.equal(await kindOf(vfs.stat(`dicom://127.0.0.1:${port}/OTHER`)), "NotFound");
    }),
);

await peerTest(
  DCMQRSCP,
  "dicom 55: a destination that dcmqrscp does not know is InvalidArgument",
  () =>
    withPhantom(async (archive) => {
      const listen = { aeTitle: "STRANGER", port: archive.destination, hostname: "127.0.0.1" };
      await using vfs = vfsWith({ listen });
      assert.equal(await kindOf(readAll(vfs, urlOf(archive))), "InvalidArgument");
    }, "--disable-get"),
);
