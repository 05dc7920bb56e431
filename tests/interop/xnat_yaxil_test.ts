/**
 * The XNAT emulator as yaxil sees it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { type Peer, peerTest } from "./peers.ts";
import { startArchive } from "./xnat_archive.ts";

const SCRIPT = fromFileUrl(new URL("xnat_yaxil.py", import.meta.url));

const YAXIL: Peer = {
  name: "yaxil",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import yaxil"],
};

await peerTest(YAXIL, "startXnatServer() is an XNAT for yaxil", async (run) => {
  await using server = await startArchive();
  server.seed.session(["P", "sub-01", "ses-01"], { fields: { operator: "somebody" } });
  assert.deepEqual(JSON.parse((await run(SCRIPT, server.url)).trim().split("\n").at(-1)!), {
    login: true,
    wrong: false,
    subjects: ["sub-01", "sub-02"],
    experiments: [["ses-01", "sub-01", "P"], ["ses-02", "sub-02", "P"]],
    exists: [true, false],
    has: [true, false],
    scans: [
      ["1", "T1", "somebody", "ses-01", "sub-01", "2020-01-31"],
      ["2", "", "somebody", "ses-01", "sub-01", "2020-01-31"],
    ],
    search: { t1: ["1"] },
    files: { "1.dcm": "first", "2.dcm": "second", "img.nii": "nifti" },
    stored: [["one.txt", "5", "images/one.txt"]],
  });
});
