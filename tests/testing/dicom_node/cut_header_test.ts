/** Headers of which the bytes that are looked at first hold a part only, without a sign that more comes. */
import { strict as assert } from "node:assert";
import { cStore } from "../../../transports/dicom/dimse/mod.ts";
import { serveDicomNode, writeDicomDataset } from "../../../testing/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { associate, find, IMPLICIT } from "./_kit.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const UIDS = { StudyInstanceUID: "1.2.1", SeriesInstanceUID: "1.2.2" };

/** A dataset whose element PatientComments, or SeriesInstanceUID behind it, ends at `end`. */
function datasetOf(end: number, last: "PatientComments" | "SeriesInstanceUID") {
  const before = {
    SOPClassUID: MR,
    SOPInstanceUID: "1.2.3",
    PatientID: "P1",
    ...(last === "SeriesInstanceUID" && UIDS),
  };
  const encode = (length: number, more: Parameters<typeof writeDicomDataset>[0]) =>
    writeDicomDataset(
      { ...before, PatientComments: "x".repeat(length), ...more },
      { transferSyntaxUID: IMPLICIT },
    );
  const length = end - encode(0, {}).length;
  assert.equal(encode(length, {}).length, end);
  return encode(length, { ...UIDS, InstanceNumber: 7, PixelData: new Uint8Array(2 * end) });
}

// What is read while the rest comes, and what is known when a file must be begun.
for (const end of [8_192, 1_047_552]) {
  for (const last of ["PatientComments", "SeriesInstanceUID"] as const) {
    Deno.test(`C-STORE reads on where the first ${end} bytes end with ${last}`, async () => {
      await using vfs = createVfs();
      await using node = await serveDicomNode({ vfs, root: "memory:///cut", maxLength: 8_192 + 6 });
      const sample = { sopClassUID: MR, sopInstanceUID: "1.2.3", transferSyntaxUID: IMPLICIT };
      const dataset = datasetOf(end, last);
      await using association = await associate(node, [sample]);
      assert.equal((await cStore(association, { ...sample, dataset })).status.code, 0);
      const keys = { QueryRetrieveLevel: "IMAGE", ...UIDS, InstanceNumber: "" };
      const [found] = await find(association, keys);
      assert.equal(found?.number("InstanceNumber"), 7);
      const file = await vfs.readFile("memory:///cut/P1/1.2.1/1.2.2/1.2.3.dcm");
      assert.deepEqual(file.subarray(-dataset.length), dataset);
    });
  }
}
