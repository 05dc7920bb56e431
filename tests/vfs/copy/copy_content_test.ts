import { strict as assert } from "node:assert";
import { connectForTest, masked, memoryTransport } from "../../../testing/mod.ts";
import { connectNamedByContent, SPECIMENS } from "../../testing/content_named.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { copyFile } from "../../../vfs/copy/copy_file.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Location } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Place, Transport } from "../../../vfs/transport.ts";

Deno.test("copyFile() removes what was stored wrong from its place, not what it was put into", async () => {
  const { root, transport } = await connectNamedByContent();
  const removed: string[] = [];
  const inner = override(masked(transport, { remove: true }), {
    async put(at, source, o) {
      return { ...await transport.put!(at, source, o), size: 1 };
    },
  });
  const remove = (at: Location) => Promise.resolve(void removed.push(at.href));
  const wrong: Transport = { ...inner, remove };
  const from = await resolvedBytes(SPECIMENS[0]!.bytes);
  const options = { existing: "error", signal: NEVER, onBytes: () => {} } as const;
  await assert.rejects(copyFile(from, { transport: wrong, location: root }, options), {
    kind: "Corrupt",
  });
  assert.deepEqual(removed, [root.join(...SPECIMENS[0]!.path.split("/")).href]);
});

async function resolvedBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Place> {
  const { root, transport } = await connectForTest(memoryTransport(), "memory:///source");
  const location = root.child("file");
  await transport.put!(location, sourceOfBytes(bytes), { signal: NEVER });
  return { transport, location };
}
