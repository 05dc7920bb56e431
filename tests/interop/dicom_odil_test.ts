/**
 * The node against the clients of Odil. Needs the Debian package odil.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import type { DicomNode } from "../../testing/mod.ts";
import { assertDatasets, filesIn, nodeOf, writeAll } from "./dicom_node_kit.ts";
import { instanceOf, phantom } from "./dimse_kit.ts";
import { type Peer, peerTest } from "./peers.ts";
import { withFolder } from "./servers.ts";
import { phantomStudy } from "../../testing/phantom.ts";

const ODIL: Peer = { name: "odil", command: ["odil"], probe: ["--help"] };

const at = ({ port }: DicomNode) => ["127.0.0.1", String(port), "ODIL", "NODE"];

await peerTest(
  ODIL,
  "odil store and echo reach the node, which keeps datasets as they come",
  async (run) => {
    await withFolder(async (folder) => {
      await using node = await nodeOf([]);
      await run("echo", ...at(node));
      const list = await phantom();
      await run("store", ...at(node), ...await writeAll(folder, list));
      assertDatasets(await filesIn("memory:///node", node.vfs), list);
    });
  },
);

await peerTest(ODIL, "odil find prints what the node answers, names in any script", async (run) => {
  const made = phantomStudy({ modalities: ["CT"], patientName: "Yamada^Tarou=山田^太郎" });
  const list = [];
  for await (const { path, bytes } of made) list.push(await instanceOf(path.join("/"), bytes));
  await using node = await nodeOf(list);
  const said = await run(
    "find",
    ...at(node),
    "study",
    "QueryRetrieveLevel=STUDY",
    "PatientName=yamada*",
    "StudyInstanceUID",
    "NumberOfStudyRelatedInstances",
  );
  assert.match(said, /^1 answer$/m);
  assert.match(said, /PN \['Yamada\^Tarou=山田\^太郎'\]/);
  assert.match(said, /IS \[18\]/);
});

await peerTest(ODIL, "odil get has the node's study, byte by byte", async (run) => {
  await withFolder(async (folder) => {
    const list = await phantom();
    await using node = await nodeOf(list);
    const keys = ["QueryRetrieveLevel=STUDY", `StudyInstanceUID=${list[0]!.studyInstanceUID}`];
    const said = await run("get", "-d", folder, ...at(node), "study", ...keys);
    assert.match(said, /Completed: 18, .* failed: 0, warning: 0/);
    assertDatasets(await filesIn(folder), list);
  });
});
