/**
 * The node and Orthanc ask each other. Needs the Debian package orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { type DicomNode, serveDicomNode } from "../../testing/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { type Archive, type Instance, ORTHANC, phantom, withOrthanc } from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";

/** Runs Orthanc beside a node that has these files, and knows it as `medvfs`. */
function together(
  list: readonly Instance[],
  fn: (post: Post, node: DicomNode, orthanc: Archive & { readonly rest: string }) => Promise<void>,
): Promise<void> {
  return withOrthanc(async (orthanc) => {
    const vfs = createVfs();
    for (const { name, file } of list) await vfs.writeFile(`memory:///node/${name}`, file);
    await using node = await serveDicomNode({
      aeTitle: "MEDVFS",
      port: orthanc.destination,
      vfs,
      root: "memory:///node",
      peers: { ORTHANC: { host: "127.0.0.1", port: orthanc.port } },
    });
    const post: Post = async (path, body) => {
      const answer = await fetch(`${orthanc.rest}${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
      return await answer.json();
    };
    await fn(post, node, orthanc);
  });
}

type Post = (path: string, body: unknown) => Promise<Record<string, unknown>>;

async function instancesOf(rest: string): Promise<number> {
  return (await (await fetch(`${rest}/statistics`)).json()).CountInstances;
}

await peerTest(
  ORTHANC,
  "Orthanc echoes to serveDicomNode(), queries it and retrieves a study by C-MOVE",
  async () => {
    const list = await phantom();
    await together(list, async (post, node, { rest }) => {
      await post("/modalities/medvfs/echo", {});
      const { ID, Path } = await post("/modalities/medvfs/query", {
        Level: "Study",
        Query: { PatientID: "PHANTOM-1", StudyInstanceUID: "", PatientName: "*" },
      });
      const answers = await (await fetch(`${rest}${Path}/answers?expand&simplify`)).json();
      assert.deepEqual(
        answers.map((each: Record<string, string>) => each.StudyInstanceUID),
        [list[0]!.studyInstanceUID],
      );
      await post(`/queries/${ID}/retrieve`, { TargetAet: "ORTHANC", Synchronous: true });
      assert.equal(await instancesOf(rest), list.length);
      assert.equal(node.requests.count("C-MOVE"), 1);
    });
  },
);

await peerTest(
  ORTHANC,
  "Orthanc stores a study into serveDicomNode(), unchanged, and another one from the node into Orthanc",
  async () => {
    const list = await phantom();
    await together([], async (post, node, { rest }) => {
      for (const { file } of list) {
        await (await fetch(`${rest}/instances`, { method: "POST", body: file })).body?.cancel();
      }
      const ids = await (await fetch(`${rest}/studies`)).json();
      await post("/modalities/medvfs/store", ids);
      assert.equal(node.counts.instances, list.length);
      await (await fetch(`${rest}/studies/${ids[0]}`, { method: "DELETE" })).body?.cancel();
      assert.equal(await instancesOf(rest), 0);
      await post("/modalities/medvfs/move", {
        Level: "Study",
        Resources: [{ StudyInstanceUID: list[0]!.studyInstanceUID }],
        TargetAet: "ORTHANC",
        Synchronous: true,
      });
      assert.equal(await instancesOf(rest), list.length);
    });
  },
);
