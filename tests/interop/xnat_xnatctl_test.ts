/**
 * The XNAT emulator as xnatctl sees it, and what xnatctl stores as the driver sees it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { phantomStudy } from "../../testing/phantom.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { type Peer, peerTest } from "./peers.ts";
import { phantomZip, startArchive } from "./xnat_archive.ts";

const SCRIPT = fromFileUrl(new URL("xnat_xnatctl.py", import.meta.url));

const XNATCTL: Peer = {
  name: "xnatctl",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import xnatctl"],
};

await peerTest(XNATCTL, "startXnatServer() is an XNAT for xnatctl", async (run) => {
  await using server = await startArchive();
  server.seed.user("reader", { password: "reader", rights: { P: "read" } });
  const zip = await phantomZip();
  const printed = await run(SCRIPT, server.url, zip).finally(() => Deno.remove(zip));
  assert.deepEqual(JSON.parse(printed.trim().split("\n").at(-1)!), {
    version: "1.8.9",
    pinged: true,
    projects: ["P"],
    sessions: ["ses-01", "ses-02"],
    scans: ["1", "2"],
    files: {
      "ses-01/scans/1-T1/resources/DICOM/files/1.dcm": "first",
      "ses-01/scans/1-T1/resources/NIFTI/files/sub/img.nii": "nifti",
      "ses-01/scans/2/resources/DICOM/files/2.dcm": "second",
    },
    granted: ["NEW_member", "P_collaborator"],
    revoked: ["admin"],
    waiting: [["ses", "READY", "sub"]],
    archived: ["ses"],
    subjects: ["Sub"],
  });

  const root = `xnat+http://admin:admin@${new URL(server.url).host}/~xnat/NEW`;
  await using vfs = createVfs();
  const stored: string[] = [];
  let notes = "";
  for await (const [, , files] of vfs.walk(root)) {
    for (const { name, url } of files) {
      const bytes = await vfs.readFile(url);
      if (name === "a b.txt") notes = `${url.slice(url.indexOf("NEW"))}: ${bytes.length}`;
      else stored.push(await digest(bytes));
    }
  }
  const sent = await Array.fromAsync(phantomStudy({ modalities: ["MR"] }));
  assert.deepEqual(
    stored.sort(),
    (await Promise.all(sent.map(({ bytes }) => digest(bytes)))).sort(),
  );
  assert.match(notes, /^NEW\/.*UP\/.*a%20b\.txt: 4$/);
});

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
