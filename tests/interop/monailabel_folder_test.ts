/** A folder that MONAI Label's LocalDatastore and FolderDatastore share. */

import { strict as assert } from "node:assert";
import { FolderDatastore } from "../../datastore/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { isKind, label } from "../datastore/_contract.ts";
import { readZip } from "../datastore/_zip.ts";
import { lockFile } from "../../datastore/file_lock.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = new URL("./monailabel_folder.py", import.meta.url).pathname;
const MONAILABEL: Peer = {
  name: "MONAI Label",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import monailabel, filelock, watchdog, pydantic, numpy"],
};

/** A Python process with a LocalDatastore on `folder`. */
async function python(folder: string) {
  const child = new Deno.Command(MONAILABEL.command[0]!, {
    args: [SCRIPT, folder],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  const writer = child.stdin.getWriter();
  let rest = "";
  const line = async () => {
    while (!rest.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("Python ended");
      rest += value;
    }
    const at = rest.indexOf("\n");
    const text = rest.slice(0, at);
    rest = rest.slice(at + 1);
    return JSON.parse(text);
  };
  assert.equal(await line(), "ready");
  return {
    async ask(...command: unknown[]) {
      await writer.write(new TextEncoder().encode(JSON.stringify(command) + "\n"));
      const { value, error } = await line();
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}

await peerTest(
  MONAILABEL,
  "MONAI Label's LocalDatastore and FolderDatastore share a folder",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
    try {
      await using vfs = createVfs();
      const ours = new FolderDatastore(folder, { vfs });
      for (const id of ["a", "b"]) {
        await ours.addImage(id, { bytes: (await label()).bytes, extension: ".nii.gz" });
      }
      await ours.saveLabel("a", await label(), "final", { model: "ours" });
      await using theirs = await python(folder);
      assert.deepEqual(await theirs.ask("status"), await ours.status());
      assert.deepEqual(await theirs.ask("datalist"), await ours.datalist());
      assert.deepEqual(await theirs.ask("json"), JSON.parse(JSON.stringify(await ours.json())));
      for (const id of ["a", "b", "none"]) {
        assert.deepEqual(await theirs.ask("get_image_info", id), await ours.getImageInfo(id));
        assert.equal(await theirs.ask("get_image_uri", id), await ours.getImageUri(id));
        assert.deepEqual(
          await theirs.ask("get_labels_by_image_id", id),
          await ours.getLabelsByImageId(id),
        );
        assert.equal(
          await theirs.ask("get_label_by_image_id", id, "final"),
          await ours.getLabelByImageId(id, "final"),
        );
        assert.deepEqual(
          await theirs.ask("get_label_info", id, "final"),
          await ours.getLabelInfo(id, "final"),
        );
        assert.equal(
          await theirs.ask("get_label_uri", id, "final"),
          await ours.getLabelUri(id, "final"),
        );
      }

      // What they write we see at once; what we write they see when they look again.
      await Deno.writeFile(`${folder}/../mask.nii.gz`, (await label(3)).bytes);
      await theirs.ask("save", "b", `${folder}/../mask.nii.gz`, "original", { model: "theirs" });
      assert.equal((await ours.getLabelInfo("b", "original")).model, "theirs");
      await ours.updateLabelInfo("b", "original", { status: "approved" });
      await ours.saveLabel("b", await label(), "final", { model: "ours too" });
      await theirs.ask("refresh");
      assert.deepEqual(await theirs.ask("status"), await ours.status());
      assert.equal((await theirs.ask("get_label_info", "b", "original")).status, "approved");
      await theirs.ask("update_image_info", "a", { score: 1 });
      assert.equal((await ours.getImageInfo("a")).score, 1);
      assert.equal((await ours.getLabelInfo("b", "final")).model, "ours too");

      const archive = await readZip(await ours.getDatasetArchive());
      assert.deepEqual([...archive.keys()].sort(), await theirs.ask("archive", 0));
    } finally {
      await Deno.remove(`${folder}/../mask.nii.gz`).catch(() => {});
      await Deno.remove(folder, { recursive: true });
    }
  },
);

await peerTest(MONAILABEL, "Python's filelock and lockFile() keep out each other", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  try {
    await using theirs = await python(folder);
    const at = parseLocation(`${folder}/.lock`).location;
    await theirs.ask("lock");
    await assert.rejects(lockFile(at, { timeoutMs: 100 }), isKind("TimedOut"));
    await theirs.ask("unlock");
    let isOurs = true;
    const lock = await lockFile(at, { timeoutMs: 60_000 });
    const waiting = theirs.ask("lock").then(() => assert.equal(isOurs, false));
    await new Promise((resolve) => setTimeout(resolve, 300));
    isOurs = false;
    await lock[Symbol.asyncDispose]();
    await waiting;
    await theirs.ask("unlock");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
