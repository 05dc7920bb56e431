import { strict as assert } from "node:assert";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";

Deno.test("glob() finds scans by type and by description, and experiments by id, below a wildcard", async () => {
  await using server = await startXnatServer();
  for (const subject of ["S1", "S2"]) {
    for (const [scan, type, series_description] of [["1", "T1", "t1 mprage"], ["2", "FLAIR", ""]]) {
      const path = ["P", subject, `${subject}_MR`, scan!];
      server.seed.scan(path, { fields: { type: type!, series_description: series_description! } });
      await server.seed.file([...path, "DICOM", "a.dcm"], new Uint8Array([1]));
    }
  }
  await using vfs = createVfs();
  const top = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  const found = async (pattern: string) =>
    (await Array.fromAsync(vfs.glob(`${top}/${pattern}`)))
      .map(({ location }) => location.segments.slice(1).join("/"));
  const t1 = ["S1/S1_MR/1/DICOM/a.dcm", "S2/S2_MR/1/DICOM/a.dcm"];
  assert.deepEqual(await found("*/*/T1/DICOM/*.dcm"), t1);
  assert.deepEqual(await found("*/*/t1 mp*/DICOM/*.dcm"), t1);
  assert.deepEqual(await found("*/*/1/DICOM/*.dcm"), t1);
  assert.deepEqual(await found("*/XNAT_E*/FLAIR/*"), ["S1/S1_MR/2/DICOM", "S2/S2_MR/2/DICOM"]);
  assert.deepEqual(await found("*/*/T2/DICOM/*.dcm"), []);
});
