import { fromFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { createVfs } from "../../mod.ts";
import { writeDicomFile } from "../../testing/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { hasSamples, SAMPLES } from "../formats/_samples.ts";
import { zipOf } from "../transports/zip/_build.ts";

Deno.test("series() over two folders and a zip groups by SeriesInstanceUID, in slice order, each instance once", async () => {
  await using vfs = createVfs();
  const zipped: Record<string, Uint8Array> = {};
  const expected = new Map<string, string[]>();
  let n = 0;
  for await (const { bytes, seriesInstanceUID, sopInstanceUID } of phantomStudy()) {
    // Files are named against their order.
    const name = `${String(100 - n).padStart(3, "0")}.dcm`;
    if (n % 3 === 0) zipped[`in/${name}`] = bytes;
    else await vfs.writeFile(`memory:///disk${n % 3}/${name}`, bytes);
    if (n % 5 === 0) await vfs.writeFile(`memory:///disk1/again/${name}`, bytes);
    expected.set(seriesInstanceUID, [
      ...expected.get(seriesInstanceUID) ?? [],
      sopInstanceUID,
    ]);
    n++;
  }
  await vfs.writeFile("memory:///disk2/README.txt", "no image");
  await vfs.writeFile("memory:///rest.zip", zipOf(zipped, { deflated: true }));
  const places = ["memory:///disk1", "memory:///rest.zip", "memory:///disk2"];
  const found = await vfs.series(places);
  assert.deepEqual(
    found.map(({ SeriesInstanceUID }) => SeriesInstanceUID).sort(),
    [...expected.keys()].sort(),
  );
  for (const { SeriesInstanceUID, instances } of found) {
    const headers = await Promise.all(instances.map((at) => vfs.readDicomHeader(at)));
    const uids = headers.map((header) => header.string("SOPInstanceUID")!);
    assert.deepEqual(uids.toSorted(), expected.get(SeriesInstanceUID)!.toSorted());
    assert.equal(new Set(uids).size, uids.length);
  }
  const t1 = found.find(({ SeriesDescription }) => /T1/.test(SeriesDescription ?? ""))!;
  const numbers = await Promise.all(
    t1.instances.map(async (at) => (await vfs.readDicomHeader(at)).number("InstanceNumber")!),
  );
  assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
  assert.deepEqual(
    await vfs.series([...places].reverse()),
    found,
    "the order of the places does not matter",
  );
  const only = await vfs.series(places, { where: ({ Modality }) => Modality === "CT" });
  assert(only.length > 0 && only.length < found.length);
});

Deno.test("series() sorts by patient, study and number", async () => {
  await using vfs = createVfs();
  const write = async (name: string, SeriesNumber: string, PatientID: string, uid: string) =>
    await vfs.writeFile(
      `memory:///s/${name}.dcm`,
      await writeDicomFile({
        SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
        SOPInstanceUID: `1.2.3.${name}`,
        PatientID,
        StudyInstanceUID: `1.2.${PatientID}`,
        SeriesInstanceUID: uid,
        SeriesNumber,
      }),
    );
  await write("1", "10", "2", "1.10");
  await write("2", "9", "2", "1.9");
  await write("3", "11", "1", "1.11");
  const order = (await vfs.series("memory:///s")).map(({ SeriesNumber }) => SeriesNumber);
  assert.deepEqual(order, [11, 9, 10]);
});

Deno.test({
  name: "series() and patterns of imagedata's own zips are as its documentation has them",
  ignore: !hasSamples,
  async fn() {
    await using vfs = createVfs();
    const folder = fromFileUrl(new URL("imagedata/", SAMPLES));
    const both = await vfs.series([`${folder}cohort.zip`, `${folder}time.zip`]);
    assert.deepEqual([both.length, both.flatMap(({ instances }) => instances).length], [11, 57]);
    const files = async (...patterns: string[]) => {
      const zips = patterns.map((pattern) => `${folder}time.zip${pattern}`);
      return (await Array.fromAsync(vfs.entries(zips, { includeDirs: false }))).length;
    };
    assert.equal(await files(""), 9);
    assert.equal(await files("?time/time00"), 3);
    assert.equal(await files("?*19.dcm"), 3);
    assert.equal(await files("?*0[01]/Image_0002[01].dcm"), 4);
    assert.equal(await files("?time/time00", "?time/time02"), 6);
    await assert.rejects(files("?nope"), { kind: "NotFound" });
  },
});
