/** What XNAT's OHIF viewer asks to list and show segmentations, by its source. */

import { strict as assert } from "node:assert";
import { readSeg } from "../../../datastore/mod.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { readNifti } from "../../../datastore/segmentation/mod.ts";
import { geometry, maskOf } from "../_mask.ts";
import { type Setting, setting } from "./_kit.ts";

interface Assessor {
  readonly items: readonly [{
    readonly data_fields: Readonly<Record<string, string>>;
    readonly children: readonly {
      readonly field: string;
      readonly items: readonly { readonly data_fields: Readonly<Record<string, string>> }[];
    }[];
  }];
}

interface Table {
  readonly ResultSet: { readonly Result: readonly Readonly<Record<string, string>>[] };
}

async function get(it: Setting, path: string): Promise<Response> {
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  const response = await fetch(`${it.server.url}/${path}`, { headers });
  assert.equal(response.status, 200, path);
  return response;
}

Deno.test("XNAT's OHIF viewer lists the segmentation of a saved label with its series, and shows it", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const bytes = await maskOf(6);
  const info = { model: "net", label_info: [{ name: "liver", idx: 6 }] };
  await it.store.saveLabel(id, { bytes, extension: ".nii.gz" }, "final", info);

  const [project, subject, session] = id.split("/");
  const assessors =
    `data/archive/projects/${project}/subjects/${subject}/experiments/${session}/assessors`;
  const listed: Table = await (await get(it, `${assessors}?format=json`)).json();
  const own = listed.ResultSet.Result.filter(({ xsiType }) => xsiType === "icr:roiCollectionData");
  assert.deepEqual(own.map(({ session_ID }) => session_ID), [session]);

  const assessor: Assessor = await (await get(it, `${assessors}/${own[0]!.ID}?format=json`)).json();
  const [{ data_fields, children }] = assessor.items;
  const { collectionType, imageSession_ID, name } = data_fields;
  assert.deepEqual([collectionType, imageSession_ID, name], ["SEG", session, "net"]);
  const series = await geometry();
  const references = children.filter(({ field }) => field === "references/seriesUID")
    .flatMap(({ items }) => items.map(({ data_fields }) => data_fields.seriesUID));
  assert.deepEqual(references, [series.seriesInstanceUID]);

  const files: Table = await (await get(
    it,
    `data/archive/experiments/${session}/assessors/${data_fields.ID}/files?format=json`,
  )).json();
  const segs = files.ResultSet.Result.filter(({ collection }) => collection === collectionType);
  assert.equal(segs.length, 1);
  const seg = await (await get(it, segs[0]!.URI!.slice(1))).bytes();
  const mask = await readNifti(bytes);
  assert.deepEqual((await readSeg({ seg, series })).labels, mask.labels);

  // It finds a frame's segment and image in the groups of the frame.
  const header = parseDicomHeader(seg);
  const uids = new Set(series.slices.map(({ sopInstanceUID }) => sopInstanceUID));
  const frames = header.sequence("PerFrameFunctionalGroupsSequence");
  assert.ok(frames.length > 0);
  for (const frame of frames) {
    const [segment] = frame.sequence("SegmentIdentificationSequence");
    assert.equal(segment?.number("ReferencedSegmentNumber"), 1);
    const [source, ...more] = frame.sequence("DerivationImageSequence")
      .flatMap((derivation) => derivation.sequence("SourceImageSequence"));
    assert.ok(uids.has(source!.string("ReferencedSOPInstanceUID")!) && more.length === 0);
  }
});
