/**
 * The XNAT emulator as MONAI Label's XNATDatastore sees it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { type Peer, peerTest } from "./peers.ts";
import { withFolder } from "./servers.ts";

const SCRIPT = new URL("./xnat_monailabel.py", import.meta.url).pathname;
const MONAILABEL: Peer = {
  name: "MONAI Label",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import monailabel, filelock, watchdog, pydantic, numpy, requests"],
};
const USERS = { ann: { password: "pw", admin: true } };
const NAME = "startXnatServer() is an XNAT for MONAI Label";

await peerTest(MONAILABEL, NAME, (run) =>
  withFolder(async (folder) => {
    const study = await Array.fromAsync(phantomStudy({ modalities: ["MR"] }));
    const seg = writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
      SOPInstanceUID: "2.25.9",
      StudyInstanceUID: study[0]!.studyInstanceUID,
      SeriesInstanceUID: "2.25.8",
      Modality: "SEG",
    });
    await Deno.writeFile(`${folder}/seg.dcm`, seg);
    // Its release asks for the CSRF token before it logs in, so it needs a site that answers guests.
    await using server = await startXnatServer({ users: USERS, guest: true });
    await server.seed.dicom("PH", study, { subject: "head" });
    const said = JSON.parse(await run(SCRIPT, server.url, folder, `${folder}/seg.dcm`));

    const images = ["1", "2", "3", "4"].map((scan) => `PH/XNAT_S00001/XNAT_E00001/${scan}`);
    assert.deepEqual(said.images, images);
    const [project, subject, experiment, scan] = images[1]!.split("/");
    assert.deepEqual(said.info, { project, subject, experiment, scan });
    const ask = (path: string) =>
      fetch(server.url + path, { headers: { authorization: `Basic ${btoa("ann:pw")}` } });
    const rows = async (path: string): Promise<Record<string, string>[]> =>
      (await (await ask(`${path}?format=json`)).json()).ResultSet.Result;
    const stored = await rows(
      `/data/experiments/${experiment}/scans/${scan}/resources/DICOM/files`,
    );
    assert.deepEqual(said.digests, stored.map(({ digest }) => digest).sort());
    assert.equal(said.members, stored.length);
    assert.equal(said.saved, images[1]);
    assert.deepEqual(said.status, { total: 4, completed: 0 });

    const name = `pat_${subject}_exp_${experiment}_S_2_AI_deepedit.nii.gz`;
    const resource = `/data/experiments/${experiment}/scans/2/resources/AI/files`;
    assert.equal(await (await ask(`${resource}/${name}`)).text(), "label of MONAI");
    const [file] = await rows(`/data/experiments/${experiment}/assessors/ALL/files`);
    assert.deepEqual([file!.Name, file!.collection], [`Pat${subject}_S2_deepedit.dcm`, "SEG"]);
    assert.equal(file!.digest, createHash("md5").update(seg).digest("hex"));
  }));

await peerTest(
  MONAILABEL,
  `${NAME}, which cannot log in where guests get nothing`,
  (run) =>
    withFolder(async (folder) => {
      await using server = await startXnatServer({ users: USERS });
      await assert.rejects(
        run(SCRIPT, server.url, folder, "none"),
        /Could not get XNAT CSRF token/,
      );
      assert.equal(server.requests.entries[0]!.status, 401);
    }),
);
