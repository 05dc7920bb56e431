import { strict as assert } from "node:assert";
import { connectForTest } from "../../../testing/connect.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import { instancePlace } from "../../../vfs/sync/instance_place.ts";
import { at_, bytes, rejects } from "../_fakes.ts";

Deno.test("instancePlace() is where an archive shows an instance, and none for what is no instance", async () => {
  const { transport, root } = await connectForTest(memoryTransport(), "memory:///work");
  const archive = { transport, location: at_("dicom://pacs:104/ARCHIVE/P1") };
  const placeOf = async (content: Uint8Array<ArrayBuffer>, from = transport) => {
    const location = root.child("f");
    await transport.put!(location, sourceOfBytes(content), { signal: NEVER });
    return await instancePlace({ transport: from, location }, archive, NEVER);
  };
  const uids = {
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
    SOPInstanceUID: "1.3",
    StudyInstanceUID: "1.1",
  };
  const file = writeDicomFile({ ...uids, SeriesInstanceUID: "1.2" });
  assert.equal((await placeOf(file))?.href, "dicom://pacs:104/ARCHIVE/.studies/1.1/1.2/1.3");
  assert.equal(await placeOf(writeDicomFile(uids)), undefined);
  assert.equal(await placeOf(bytes("text")), undefined);
  // What cannot be read now may be an instance.
  const away = override(transport, {
    get: ({ href }) => Promise.reject(new VfsError("Unavailable", { op: "read", url: href })),
  });
  await rejects(placeOf(file, away), "Unavailable");
  await transport[Symbol.asyncDispose]();
});
