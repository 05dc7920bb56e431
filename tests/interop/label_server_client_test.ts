/**
 * The label server as MONAI Label's own Python client sees it, on a folder and on an XNAT.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { fromFileUrl, join } from "@std/path";
import { type Datastore, FolderDatastore } from "../../datastore/mod.ts";
import { startLabelServer } from "../../datastore/label_server/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { SLICES } from "../datastore/_mask.ts";
import { setting } from "../datastore/xnat/_kit.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("label_server_client.py", import.meta.url));

const CLIENT: Peer = {
  name: "MONAI Label's client",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import monailabel.client, nibabel"],
};

/** A store with images, and what a client is to find in it. */
interface Scene extends AsyncDisposable {
  readonly datastore: Datastore;
  readonly vfs: Vfs;
  /** Ids of its images. */
  readonly images: readonly string[];
  readonly shape: readonly number[];
  /** What the client calls a new image, and what it is called then. */
  readonly added: readonly [asked: string, given: string];
}

async function inFolder(folder: string): Promise<Scene> {
  await Deno.mkdir(join(folder, "store"));
  await Deno.writeFile(join(folder, "store", "ct one.nii.gz"), nifti());
  const vfs = createVfs();
  return {
    vfs,
    datastore: new FolderDatastore(join(folder, "store"), { vfs }),
    images: ["ct one"],
    shape: [2, 1, 1],
    added: ["new", "new"],
    [Symbol.asyncDispose]: () => vfs.close(),
  };
}

async function onXnat(): Promise<Scene> {
  const it = await setting();
  return {
    vfs: it.vfs,
    datastore: it.store,
    images: it.ids,
    shape: [128, 128, SLICES],
    // The collections of the two labels before it are counted as experiments, too.
    added: ["P/new/visit/7", "P/XNAT_S00003/XNAT_E00005/7"],
    [Symbol.asyncDispose]: () => it[Symbol.asyncDispose](),
  };
}

for (const [where, begin] of Object.entries({ "a folder": inFolder, "an XNAT": onXnat })) {
  for (const token of [undefined, "s3cret"]) {
    const how = `${where} ${token ? "with a token" : "without a token"}`;
    await peerTest(CLIENT, `startLabelServer() serves MONAI Label's client ${how}`, async (run) => {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeFile(join(folder, "new one.nii.gz"), nifti());
        await using scene = await begin(folder);
        const { datastore, vfs, images, shape, added } = scene;
        const [image] = images;
        const failures: unknown[] = [];
        await using server = startLabelServer({
          datastore,
          files: vfs,
          port: 0,
          token,
          labels: ["liver"],
          onError: (error) => failures.push(error),
        });
        const output = await run(SCRIPT, server.url, folder, token ?? "", added[0]);
        const said = JSON.parse(output.trim().split("\n").at(-1)!);

        assert.equal(said.auth, token !== undefined);
        if (token) assert.deepEqual([said["without token"], said.valid], [401, true]);
        assert.deepEqual(said.info.labels, ["liver"]);
        const total = images.length;
        assert.deepEqual(said.info.datastore, { total, completed: 0, label_tags: {} });
        assert.equal(said.config, false);
        assert.equal(said.next.id, image);
        assert.match(said.next.name, /\.nii\.gz$/);
        assert.deepEqual([said.shape, said["same as path"]], [shape, true]);
        assert.deepEqual(said.saved, { image, label: image });
        assert.deepEqual(said.final, said.saved);
        assert.deepEqual([said.suffix, said.same], ["nii.gz", true]);
        const label_tags = { original: 1, final: 1 };
        assert.deepEqual(said.status, { total, completed: 1, label_tags });
        const liver = [{ name: "liver", idx: 1 }];
        assert.deepEqual(said.labels, { original: liver, final: liver });
        assert.deepEqual([said.uploaded, said.listed], [{ image: added[1] }, true]);
        const others = images.slice(1).map((id) => [id, shape]);
        assert.deepEqual(said.shapes, Object.fromEntries([...others, [added[1], [2, 1, 1]]]));
        assert.match(said.errors["unknown label"], /404.*NOT Found/);
        assert.match(said.errors["unknown image"], /404/);
        assert.match(said.errors["unknown strategy"], /404.*no strategy/);
        assert.match(said.errors.session, /406/);
        assert.match(said.errors.infer, /404/);
        assert.deepEqual(failures, []);
        const all = await datastore.status();
        assert.deepEqual([all.total, all.completed], [total + 1, total + 1]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
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
