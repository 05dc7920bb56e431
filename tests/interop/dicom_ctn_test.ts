/**
 * The Central Test Node, the reference of the 1990s, as a destination and as a client. Needs the Debian package ctn.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { vfsWith } from "./dicom_driver_kit.ts";
import { assertDatasets, filesIn, nodeOf, writeAll } from "./dicom_node_kit.ts";
import { associate, EXPLICIT, IMPLICIT, phantom } from "./dimse_kit.ts";
import { type Peer, peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { started, withFolder } from "./servers.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";

/** Its programs by their names; only one of them succeeds without a peer. */
const CTN: Peer = { name: "CTN", command: ["env"], probe: ["ctn_version"] };

for (const [name, syntax] of [["explicit", EXPLICIT], ["implicit", IMPLICIT]] as const) {
  await peerTest(CTN, `CTN has what the driver stores in ${name} VR`, async () => {
    await withFolder(async (folder) => {
      const port = freePort();
      const args = ["-c", "CTN", "-f", "-s", "-x", folder, String(port)];
      // A connection without an association ends it.
      const knock = async () => await (await associate({ port, aeTitle: "CTN" })).release();
      await using _server = await started("simple_storage", args, port, {}, knock);
      // Two that make the folder of a modality at the same time end one another.
      await using vfs = vfsWith({ poolSize: 1 });
      const list = await phantom(syntax);
      for (const { file } of list) await vfs.writeFile(`dicom://127.0.0.1:${port}/CTN`, file);
      assertDatasets(await filesIn(folder), list);
    });
  });
}

await peerTest(CTN, "CTN's dicom_echo hears the node", async (run) => {
  await using node = await nodeOf([]);
  const said = await run("dicom_echo", "-c", "NODE", "-r", "3", "127.0.0.1", String(node.port));
  assert.equal(said.match(/Verification Status: +0000/g)?.length, 3, said);
});

await peerTest(CTN, "CTN's send_image stores in the node", async (run) => {
  await withFolder(async (folder) => {
    // Its configuration has CT sent in implicit VR alone.
    const list = (await phantom(IMPLICIT)).filter((each) => each.sopClassUID === CT);
    const paths = await writeAll(folder, list);
    await using node = await nodeOf([]);
    const to = ["-c", "NODE", "127.0.0.1", String(node.port)];
    await run("send_image", "-q", "-r", ...to, ...paths);
    assertDatasets(await filesIn("memory:///node", node.vfs), list);
  });
});
