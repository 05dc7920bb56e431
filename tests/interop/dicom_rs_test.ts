/**
 * The driver before the server of dicom-rs, and its clients before the node. Needs `dicom-storescu`, `-storescp`,
 * `-findscu` and `-movescu`, of the crates of these names, in the path or in the folder `MEDVFS_DICOM_RS`. Without that
 * folder they are not missed in CI either, where nothing installs them.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { assertDatasets, filesIn, nodeOf, writeAll } from "./dicom_node_kit.ts";
import { vfsWith } from "./dicom_driver_kit.ts";
import { bigStudy, phantom, started } from "./dimse_kit.ts";
import { type Peer, peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { withFolder } from "./servers.ts";

const FOLDER = Deno.env.get("MEDVFS_DICOM_RS");
const program = (name: string) => FOLDER === undefined ? name : join(FOLDER, name);
const tool = (name: string): Peer => ({
  name,
  command: [program(name)],
  probe: ["--version"],
});
const at = (port: number) => `NODE@127.0.0.1:${port}`;

/** A test with a tool. */
function toolTest(
  name: string,
  what: string,
  fn: Parameters<typeof peerTest>[2],
): Promise<void> | void {
  if (FOLDER !== undefined || Deno.env.get("CI") !== "true") return peerTest(tool(name), what, fn);
  Deno.test({ name: `${what} (MEDVFS_DICOM_RS is not set)`, ignore: true, fn: () => {} });
}

await toolTest(
  "dicom-storescu",
  "dicom-storescu is told of every instance that the node has stored, small ones for which it waits among them",
  async (run) => {
    await withFolder(async (folder) => {
      const list = [...await phantom(), ...await bigStudy(12, 512)];
      const files = await writeAll(folder, list);
      for (const more of [[], ["--concurrency", "4"]]) {
        await using node = await nodeOf([]);
        const said = await run("--verbose", "--fail-first", ...more, at(node.port), ...files);
        assert.equal(said.match(/Successfully stored/g)?.length, list.length);
        // It writes datasets anew.
        assert.equal((await filesIn("memory:///node", node.vfs)).size, list.length);
      }
    });
  },
);

await toolTest(
  "dicom-storescp",
  "dicom-storescp has what the driver stores, byte by byte, over a pool and in PDUs of 4 KB too",
  async () => {
    const list = [...await phantom(), ...await bigStudy(12, 512)];
    for (const flags of [[], ["--non-blocking"], ["--max-pdu-length", "4096"]]) {
      await withFolder(async (folder) => {
        const port = freePort();
        const args = ["-p", String(port), "-o", folder, ...flags];
        await using _server = await started(program("dicom-storescp"), args, port, {});
        await using vfs = vfsWith();
        for (const { name, file } of list) await vfs.writeFile(`memory:///in/${name}`, file);
        const { done } = await vfs.copy("memory:///in", `dicom://127.0.0.1:${port}/STORE-SCP`);
        assert.equal(done, list.length);
        assertDatasets(await filesIn(folder), list);
      });
    }
  },
);

await toolTest(
  "dicom-findscu",
  "dicom-findscu gets each answer of the node, also in short PDUs",
  async (run) => {
    await using node = await nodeOf(await bigStudy(40, 8));
    const keys = [
      "QueryRetrieveLevel=IMAGE",
      "StudyInstanceUID=2.25.77",
      "SeriesInstanceUID=2.25.77.1",
    ];
    const query = [...keys, "SOPInstanceUID"].flatMap((key) => ["-q", key]);
    const said = await run("--max-pdu-length", "4096", ...query, at(node.port));
    assert.equal(new Set(said.match(/2\.25\.77\.1\.\d+/g)).size, 40);
  },
);

await toolTest("dicom-movescu", "dicom-movescu has a study moved to itself", async (run) => {
  await withFolder(async (folder) => {
    const list = await phantom();
    const port = freePort();
    const peers = { "STORE-SCP": { host: "127.0.0.1", port } };
    await using node = await nodeOf(list, { peers });
    const keys = ["QueryRetrieveLevel=STUDY", `StudyInstanceUID=${list[0]!.studyInstanceUID}`];
    const query = keys.flatMap((key) => ["-q", key]);
    await run("-o", folder, "-p", String(port), ...query, at(node.port));
    assertDatasets(await filesIn(folder), list);
  });
});
