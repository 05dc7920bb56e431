import { strict as assert } from "node:assert";
import { serveDicomNode, startXnatServer } from "../../../testing/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { cStore } from "../../../transports/dicom/dimse/mod.ts";
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

Deno.test("serveDicomNode() stores into a resource of an XNAT, and refuses what it cannot store above one", async () => {
  await using server = await startXnatServer();
  await server.seed.file(["P", "s", "e", "1", "DICOM", "readme.txt"], new Uint8Array(3));
  await using vfs = createVfs();
  const project = `${server.url.replace(/^http:\/\//, "xnat+http://admin:admin@")}/P`;
  const [first] = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
  const request = { ...first!, transferSyntaxUID: EXPLICIT, dataset: datasetOf(first!.bytes) };
  const storeBelow = async (root: string) => {
    await using node = await serveDicomNode({ vfs, root });
    await using association = await associate(node, [request]);
    await cStore(association, request);
  };
  await assert.rejects(storeBelow(project), /status 0122H/);
  await storeBelow(`${project}/s/e/1/DICOM`);
  const stored: string[] = [];
  for await (const { name } of vfs.entries(project, { includeDirs: false })) stored.push(name);
  assert.deepEqual(stored.toSorted(), [`${first!.sopInstanceUID}.dcm`, "readme.txt"]);
});
