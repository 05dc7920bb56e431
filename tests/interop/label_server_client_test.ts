/**
 * The label server as MONAI Label's own Python client sees it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { fromFileUrl, join } from "@std/path";
import { FolderDatastore } from "../../datastore/mod.ts";
import { startLabelServer } from "../../datastore/label_server/mod.ts";
import { createVfs } from "../../vfs/default.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("label_server_client.py", import.meta.url));

const CLIENT: Peer = {
  name: "MONAI Label's client",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import monailabel.client"],
};

for (const token of [undefined, "s3cret"]) {
  const how = token ? "with a token" : "without a token";
  await peerTest(CLIENT, `startLabelServer() serves MONAI Label's client ${how}`, async (run) => {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["store/ct one.nii.gz", "drawn here.nii.gz", "new one.nii.gz"]) {
        await Deno.mkdir(join(folder, "store"), { recursive: true });
        await Deno.writeFile(join(folder, name), nifti());
      }
      await using vfs = createVfs();
      await using datastore = new FolderDatastore(join(folder, "store"), { vfs });
      await using server = startLabelServer({
        datastore,
        files: vfs,
        port: 0,
        token,
        labels: ["liver"],
      });
      const output = await run(SCRIPT, server.url, folder, token ?? "");
      const said = JSON.parse(output.trim().split("\n").at(-1)!);

      assert.equal(said.auth, token !== undefined);
      if (token) assert.deepEqual([said["without token"], said.valid], [401, true]);
      assert.deepEqual(said.info.labels, ["liver"]);
      assert.deepEqual(said.info.datastore, { total: 1, completed: 0, label_tags: {} });
      assert.equal(said.config, false);
      assert.equal(said.next.id, "ct one");
      assert.equal(said.next.path, join(folder, "store", "ct one.nii.gz"));
      assert.deepEqual(said.saved, { image: "ct one", label: "ct one" });
      assert.deepEqual(said.final, said.saved);
      assert.deepEqual([said.suffix, said.same], ["nii.gz", true]);
      assert.deepEqual(said.status, {
        total: 1,
        completed: 1,
        label_tags: { original: 1, final: 1 },
      });
      const liver = [{ name: "liver", idx: 1 }];
      assert.deepEqual(said.labels, { original: liver, final: liver });
      assert.deepEqual(said.uploaded, { image: "new" });
      assert.equal(said.next_after_upload, "new");
      assert.match(said.errors["unknown label"], /404.*NOT Found/);
      assert.match(said.errors["unknown strategy"], /404.*no strategy/);
      assert.match(said.errors.session, /406/);
      assert.match(said.errors.infer, /404/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** A mask of two voxels, compressed. */
function nifti(): Uint8Array {
  const bytes = new Uint8Array(354);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, 2, 1, 1, 1, 1, 1, 1].forEach((size, i) => view.setInt16(40 + 2 * i, size, true));
  view.setInt16(70, 2, true);
  view.setInt16(72, 8, true);
  view.setFloat32(108, 352, true);
  bytes.set(new TextEncoder().encode("n+1"), 344);
  bytes.set([0, 1], 352);
  return gzipSync(bytes);
}
