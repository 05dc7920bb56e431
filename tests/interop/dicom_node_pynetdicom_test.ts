/**
 * The node against pynetdicom's clients. Needs Python with pynetdicom (`MEDVFS_PYTHON`).
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { join } from "@std/path";
import { type DicomNode, serveDicomNode } from "../../testing/mod.ts";
import { phantomArchive } from "../../testing/phantom.ts";
import { serveDicom } from "../../transports/dicom/dimse/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import {
  distinct,
  inbox,
  type Instance,
  instanceOf,
  PYNETDICOM,
  realInstances,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { withFolder } from "./servers.ts";

const SCRIPT = fileURLToPath(new URL("./dimse_pynetdicom.py", import.meta.url));

/** Runs a command of the script against a node, and gives what it prints. */
type Ask = (command: string, node: DicomNode, ...args: string[]) => Promise<unknown>;

async function test(name: string, fn: (ask: Ask, list: Instance[]) => Promise<void>) {
  await peerTest(PYNETDICOM, name, async (run) => {
    const list: Instance[] = [];
    for await (const { path, bytes } of phantomArchive({ modalities: ["CT"] })) {
      list.push(await instanceOf(path.join("/"), bytes));
    }
    const ask: Ask = async (command, { port }, ...args) =>
      JSON.parse(await run(SCRIPT, command, String(port), ...args));
    await fn(ask, list);
  });
}

async function nodeOf(list: readonly Instance[], peers = {}): Promise<DicomNode> {
  const vfs = createVfs();
  for (const { name, file } of list) await vfs.writeFile(`memory:///node/${name}`, file);
  return await serveDicomNode({ aeTitle: "NODE", vfs, root: "memory:///node", peers });
}

await test("pynetdicom echoes to serveDicomNode()", async (ask) => {
  await using node = await nodeOf([]);
  assert.equal(await ask("echo", node), 0);
});

await test(
  "pynetdicom stores files into serveDicomNode(), which gives them back unchanged",
  (ask, list) =>
    withFolder(async (folder) => {
      await using node = await nodeOf([]);
      // pynetdicom sends what the file meta information says, and the node compares.
      const real = distinct(await realInstances()).filter(({ header, sopInstanceUID }) =>
        header.string("MediaStorageSOPInstanceUID") === sopInstanceUID
      );
      const sent = [...list, ...real];
      const paths: string[] = [];
      for (const [i, { file }] of sent.entries()) {
        const path = join(folder, `${i}.dcm`);
        await Deno.writeFile(path, file);
        paths.push(path);
      }
      const statuses = await ask("store", node, ...paths) as number[];
      assert.deepEqual(new Set(statuses), new Set([0]));
      assert.equal(node.counts.instances, sent.length);
      const [{ studyInstanceUID: StudyInstanceUID, sopClassUID } = list[0]!] = list;
      const identifier = JSON.stringify({ QueryRetrieveLevel: "STUDY", StudyInstanceUID });
      const others = [...new Set(list.map((each) => each.sopClassUID))];
      assert(others.includes(sopClassUID));
      assert.deepEqual(await ask("get", node, folder, identifier, ...others), [0, 18]);
      const study = list.filter((each) => each.studyInstanceUID === StudyInstanceUID);
      for (const { sopInstanceUID, dataset } of study) {
        assert.deepEqual(await Deno.readFile(join(folder, `${sopInstanceUID}.dataset`)), dataset);
      }
    }),
);

await test("pynetdicom queries serveDicomNode() by names in any script", async (ask, list) => {
  await using node = await nodeOf(list);
  const find = (keys: Record<string, string>, model = "study") =>
    ask("find", node, model, JSON.stringify({ SpecificCharacterSet: "ISO_IR 192", ...keys }));
  for (
    const [key, name] of [
      ["phantom^jörg", "Phantom^Jörg"],
      ["*山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう"],
      ["фантомов*", "Фантомов^Иван"],
    ]
  ) {
    const keys = { QueryRetrieveLevel: "PATIENT", PatientName: key!, PatientID: "" };
    const rows = await find(keys, "patient") as [number, Record<string, string>][];
    assert.deepEqual(rows.map(([status]) => status), [0xFF00, 0]);
    assert.equal(rows[0]![1].PatientName, name);
  }
  const none = await find({ QueryRetrieveLevel: "STUDY", PatientName: "nobody" });
  assert.deepEqual(none, [[0, {}]]);
  const wrong = await find({ QueryRetrieveLevel: "SERIES", SeriesInstanceUID: "" });
  assert.deepEqual(wrong, [[0xA900, {}]]);
});

await test(
  "pynetdicom moves from serveDicomNode(), and is told of each instance",
  async (ask, list) => {
    const { all, store } = inbox();
    await using destination = serveDicom({ aeTitle: "WS", port: 0, store });
    const peers = { WS: { host: "127.0.0.1", port: destination.port } };
    await using node = await nodeOf(list, peers);
    const StudyInstanceUID = list[0]!.studyInstanceUID;
    const identifier = JSON.stringify({ QueryRetrieveLevel: "STUDY", StudyInstanceUID });
    const statuses = await ask("move", node, "WS", identifier) as number[];
    assert.deepEqual(statuses, [...Array(17).fill(0xFF00), 0]);
    const study = list.filter((each) => each.studyInstanceUID === StudyInstanceUID);
    for (const { sopInstanceUID, dataset } of study) {
      assert.deepEqual(all.get(sopInstanceUID)!.dataset, dataset);
    }
    assert.deepEqual(await ask("move", node, "NOBODY", identifier), [0xA801]);
  },
);
