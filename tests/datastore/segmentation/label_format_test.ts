import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { labelFormat } from "../../../datastore/segmentation/mod.ts";
import { IDENTITY, niftiBytes } from "./_nifti.ts";
import { segBytes } from "./_seg.ts";
import { seriesFiles } from "./_series.ts";

const text = (content: string) => new TextEncoder().encode(content);
const NRRD = "NRRD0004\n# made by a test\ntype: unsigned char\ndimension: 3\n";

const FILES: readonly [string, Uint8Array][] = [
  ["nii", niftiBytes({ sform: IDENTITY })],
  ["nii", niftiBytes({ version: 2, little: false })],
  ["nii.gz", gzipSync(niftiBytes({ sform: IDENTITY }))],
  ["nrrd", text(`${NRRD}\nSegment0_Name:=not in the header`)],
  ["seg.nrrd", text(`${NRRD}${"# comment\n".repeat(500)}Segment0_Name:=liver\n\nvoxels`)],
  ["seg.nrrd", text(`${NRRD}Segmentation_MasterRepresentation:=Binary labelmap\r\n\r\n`)],
  ["dcm-seg", segBytes()],
  ["dcm-seg", segBytes({ type: "LABELMAP" })],
  ["dcm", seriesFiles()[0]!],
  ["json", text('{"a": 1}')],
  ["unknown", gzipSync(text("text"))],
  ["unknown", text("text")],
  ["unknown", new Uint8Array(0)],
];

for (const [format, bytes] of FILES) {
  Deno.test(`labelFormat() tells ${format} by content, of ${bytes.length} bytes`, async () => {
    assert.equal(await labelFormat(bytes), format);
  });
}
