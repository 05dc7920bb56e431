/**
 * The XNAT emulator as xnatpy sees it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { fromFileUrl } from "@std/path";
import { phantomZip, startArchive } from "./xnat_archive.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("xnat_xnatpy.py", import.meta.url));

const XNATPY: Peer = {
  name: "xnatpy",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import xnat"],
};

/** A file as the script tells of it: size, digest, text. */
function file(text: string): [number, string, string] {
  return [text.length, createHash("md5").update(text).digest("hex"), text];
}

const WALK = {
  "sub-01": {
    "ses-01": {
      type: "xnat:mrSessionData",
      subject: true,
      scans: {
        "1": ["T1", "usable", {
          DICOM: { "1.dcm": file("first") },
          NIFTI: { "sub/img.nii": file("nifti") },
        }],
        "2": ["", "usable", { DICOM: { "2.dcm": file("second") } }],
      },
      assessors: ["qc1"],
      resources: { NOTES: { "n.txt": file("notes") } },
    },
  },
  "sub-02": {
    "ses-02": {
      type: "xnat:ctSessionData",
      subject: true,
      scans: {},
      assessors: [],
      resources: {},
    },
  },
};

await peerTest(XNATPY, "startXnatServer() is an XNAT for xnatpy", async (run) => {
  await using server = await startArchive();
  const archive = await phantomZip();
  try {
    const said = JSON.parse((await run(SCRIPT, server.url, archive)).trim().split("\n").at(-1)!);
    assert.equal(said.version, "1.8.9");
    assert.deepEqual(said.walk, WALK);
    assert.deepEqual(said.project, { PROTOCOL: { "p.txt": file("protocol") } });
    assert.deepEqual(said.zip, {
      "ses-01/scans/1-T1/resources/DICOM/files/1.dcm": "first",
      "ses-01/scans/1-T1/resources/NIFTI/files/sub/img.nii": "nifti",
    });
    assert.deepEqual(said.made, ["T1", "seven", "questionable", {
      UPLOAD: { "a b/one.txt": file("one"), "two.txt": file("two") },
    }]);
    assert.equal(said.gender, "female");
    assert.deepEqual(said["after file"], ["a b/one.txt"]);
    assert.deepEqual(said["after scan"], []);
    assert.deepEqual(said["after subject"], ["sub-01", "sub-02"]);
    const scans = {
      "1": ["LOCALIZER", ["DICOM"], 3],
      "2": ["T1", ["DICOM"], 16],
      "3": ["DYNAMIC", ["DICOM"], 24],
      "4": ["CINE", ["DICOM"], 1],
    };
    assert.deepEqual(said.imported, scans);
    assert.deepEqual(said.waiting, ["READY", ["1", "2", "3", "4"]]);
    assert.deepEqual(said.prearchive, ["waiting"]);
    assert.deepEqual(said.arrived, ["arrived", 4]);
    assert.equal(server.sessionCount, 0);
  } finally {
    await Deno.remove(archive);
  }
});
