import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";

Deno.test("info() of XNAT's objects is one line each, as imagedata has them", async () => {
  await using server = await startXnatServer();
  const { seed } = server;
  const fields = { date: "2019-02-07", time: "14:05:16", modality: "MR" };
  const id = seed.session(["P", "subA", "sess1"], { fields });
  seed.session(["P", "subA", "sess2"]);
  for (const scan of ["1", "2", "3", "4", "10"]) {
    const fields = { type: "T1", series_description: "fl3d", frames: "3" };
    seed.scan(["P", "subA", "sess1", scan], { fields });
  }
  seed.subject(["P", "subB"]);
  const file = ["P", "subA", "sess1", "2", "DICOM", "1.dcm"];
  await seed.file(file, new Uint8Array(179_780), { format: "DICOM" });
  await using vfs = createVfs();
  vfs.register(xnatTransport(), { override: true });
  const info = (path: string) =>
    vfs.info(`xnat+http://admin:admin@127.0.0.1:${server.port}/${path}`);
  assert.equal(await info("P"), "P, 2 subjects");
  assert.equal(await info("P/subA"), "subA, 2 experiments");
  assert.equal(await info("P/subB"), "subB, 0 experiments");
  assert.equal(await info("P/subA/sess1"), `${id} 2019-02-07 14:05:16, MR, 5 scans`);
  assert.equal(await info(`P/subA/${id}/2`), "2 fl3d 3 frames");
  assert.equal(await info("P/subA/sess1/2/DICOM"), "DICOM, 1 file, 179780");
  assert.equal(await info("P/subA/sess1/2/DICOM/1.dcm"), "DICOM, DICOM, 179780");
  assert.equal(await info("P/subA/sess1/2/1.dcm"), "DICOM, DICOM, 179780");
});
