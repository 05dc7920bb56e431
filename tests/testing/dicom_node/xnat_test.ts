import { strict as assert } from "node:assert";
import { serveDicomNode, startXnatServer } from "../../../testing/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { associate, datasetOf, EXPLICIT, find, get } from "./_kit.ts";

Deno.test("serveDicomNode() shows a project of an XNAT to viewers", async () => {
  await using server = await startXnatServer();
  await server.seed.dicom("PHANTOM", phantomStudy({ modalities: ["CT"] }));
  await using vfs = createVfs();
  const root = `${server.url.replace(/^http:\/\//, "xnat+http://admin:admin@")}/PHANTOM`;
  await using node = await serveDicomNode({
    vfs,
    root,
    services: ["C-FIND", "C-GET", "C-MOVE"],
  });
  assert.doesNotMatch(node.root, /admin/);
  const instances = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
  assert.equal(node.counts.instances, instances.length);
  const list = instances.map((each) => ({ ...each, transferSyntaxUID: EXPLICIT }));
  await using association = await associate(node, list);
  const [study] = await find(association, {
    QueryRetrieveLevel: "STUDY",
    StudyInstanceUID: "",
    NumberOfStudyRelatedInstances: "",
  });
  assert.equal(study!.number("NumberOfStudyRelatedInstances"), instances.length);
  const StudyInstanceUID = study!.string("StudyInstanceUID")!;
  const { datasets } = await get(association, { QueryRetrieveLevel: "STUDY", StudyInstanceUID });
  for (const { sopInstanceUID, bytes } of instances) {
    assert.deepEqual(datasets.get(sopInstanceUID), datasetOf(bytes));
  }
});
