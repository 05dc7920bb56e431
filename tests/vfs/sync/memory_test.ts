import { fromFileUrl } from "@std/path";
import { strict as assert } from "node:assert";

/** Files of the tree. A million takes half a minute on a slow machine, and no more memory. */
const FILES = Number(Deno.env.get("MEDVFS_SYNC_FILES") ?? 200_000);
const MIB = 2 ** 20;
const PER_DIRECTORY = 1000;

for (
  const [what, name, files, most] of [
    ["mirror", "that did not change", FILES, 6],
    ["journal", "that a journal tells not to have changed", FILES / 4, 12],
    ["layout", "filed by a layout", FILES / 4, 16],
  ] as const
) {
  Deno.test(`sync() of ${files} entries ${name} holds less than ${most} MiB`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
    try {
      const child = fromFileUrl(new URL("memory_child.ts", import.meta.url));
      if (what === "journal") await writeJournal(`${folder}/journal`, files);
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-prompt", "--quiet", child, `${files}`, what, folder],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const { found, grown } = JSON.parse(new TextDecoder().decode(stdout));
      assert.equal(found, files);
      assert.ok(grown < most * MIB, `${grown} bytes`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Every file with the fingerprints that the listings tell. */
async function writeJournal(path: string, files: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const header = { journal: "medvfs sync", version: 1, from: "one:///top", to: "two:///top" };
  const lines = [JSON.stringify(header)];
  const encoder = new TextEncoder();
  for (let d = 0; d < files / PER_DIRECTORY; d++) {
    for (let i = 0; i < PER_DIRECTORY; i++) {
      const info = { size: i, mtime: 0 };
      lines.push(JSON.stringify({ path: `d${d}/file-${i}.dcm`, source: info, stored: info }));
    }
    const bytes = encoder.encode(lines.splice(0).join("\n") + "\n");
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }
}
