/**
 * The XNAT emulator as pyxnat sees it: Debian's and PyPI's.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { startArchive } from "./xnat_archive.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("xnat_pyxnat.py", import.meta.url));

const PEERS: Peer[] = [
  {
    name: "Debian's python3-pyxnat",
    command: ["/usr/bin/python3"],
    probe: ["-c", "import pyxnat"],
  },
  {
    name: "PyPI's pyxnat",
    command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
    probe: ["-c", "import pyxnat, nibabel, sys; assert sys.prefix != sys.base_prefix"],
  },
];

for (const peer of PEERS) {
  await peerTest(peer, `startXnatServer() is an XNAT for ${peer.name}`, async (run) => {
    await using server = await startArchive();
    const said = JSON.parse((await run(SCRIPT, server.url)).trim().split("\n").at(-1)!);
    assert.equal(said.version.version, "1.8.9");
    assert.deepEqual(said.projects, ["P"]);
    assert.deepEqual(said.walk, {
      "sub-01": {
        "ses-01": {
          type: "xnat:mrSessionData",
          scans: {
            "1": ["T1", "usable", {
              DICOM: { "1.dcm": [5, "first"] },
              NIFTI: { "sub/img.nii": [5, "nifti"] },
            }],
            "2": ["", "usable", { DICOM: { "2.dcm": [6, "second"] } }],
          },
          assessors: ["qc1"],
          resources: { NOTES: { "n.txt": [5, "notes"] } },
        },
      },
      "sub-02": {
        "ses-02": { type: "xnat:ctSessionData", scans: {}, assessors: [], resources: {} },
      },
    });
    assert.deepEqual(said.project, { PROTOCOL: { "p.txt": [8, "protocol"] } });
    assert.deepEqual(said.select, ["1.dcm", "2.dcm", "img.nii"]);
    assert.deepEqual(said.array, [["XNAT_E00001", "P"]]);
    assert.deepEqual(said.exists, [true, true, false]);
    assert.deepEqual(said.attrs, ["T1", "questionable"]);
    assert.deepEqual(said.uploaded, ["uploaded", "BIN"]);
    assert.equal(said.modified, true);
    assert.deepEqual(said["after file"], []);
    assert.deepEqual(said["after resource"], []);
    assert.deepEqual(said["after subject"].sort(), ["sub-01", "sub-02"]);
    const labels = said.search.map((row: Record<string, string>) => row.subject_label);
    assert.deepEqual(labels.sort(), ["sub-01", "sub-02"]);
    assert.equal(said.types, true);
    assert.equal(said.missing, "DatabaseError");
    assert.equal(server.sessionCount, 0);
  });
}
