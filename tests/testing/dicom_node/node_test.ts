import { strict as assert } from "node:assert";
import { toFileUrl } from "@std/path";
import {
  type AssociationOptions,
  cMove,
  cStore,
  type IdentifierInput,
  QUERY_RETRIEVE,
  serveDicom,
} from "../../../transports/dicom/dimse/mod.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { makeTls } from "../../../testing/xnat_server/tls/make_tls.ts";
import { serveDicomNode } from "../../../testing/mod.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import {
  archive,
  archiveNode,
  associate,
  EXPLICIT,
  find,
  folderOf,
  get,
  IMPLICIT,
  inbox,
  samples,
  store,
} from "./_kit.ts";
import { explicitFirst } from "../../transports/dicom/_store_kit.ts";
import { until } from "../../until.ts";

Deno.test("serveDicomNode() stores instances unchanged and gives them back", async () => {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///pacs" });
  const list = await samples();
  await using association = await associate(node, list);
  await store(association, list);
  assert.deepEqual({ ...node.counts }, {
    patients: 1,
    studies: 1,
    series: 3,
    instances: list.length,
    skipped: 0,
  });
  const { studyInstanceUID: StudyInstanceUID } = list[0]!;
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
  const { datasets, result } = await get(association, identifier);
  assert.equal(result.completed, list.length);
  for (const { sopInstanceUID, dataset } of list) {
    assert.deepEqual(datasets.get(sopInstanceUID), dataset);
  }
  const paths: string[] = [];
  for await (const { url } of vfs.entries("memory:///pacs", { includeDirs: false })) {
    paths.push(url);
  }
  const { seriesInstanceUID, sopInstanceUID } = list[0]!;
  const path = ["PHANTOM-1", StudyInstanceUID, seriesInstanceUID, `${sopInstanceUID}.dcm`];
  assert(paths.includes(`memory:///pacs/${path.join("/")}`), paths[0]);
  assert.equal(paths.length, list.length);
});

Deno.test("serveDicomNode() serves what lies in its folder, and counts what is no DICOM", async () => {
  const vfs = createVfs();
  await vfs.writeFile("memory:///archive/readme.txt", "no image");
  await vfs.writeFile("memory:///archive/empty.dcm", new Uint8Array());
  const list = await archive();
  for (const { path, bytes } of list) {
    await vfs.writeFile(`memory:///archive/any/where/${path.join("-")}`, bytes);
  }
  await using node = await serveDicomNode({ vfs, root: "memory:///archive" });
  assert.equal(node.counts.instances, list.length);
  assert.equal(node.counts.patients, 3);
  assert.equal(node.counts.skipped, 2);
  await using association = await associate(node, list);
  const identifier = { QueryRetrieveLevel: "PATIENT", PatientID: "PHANTOM-2" };
  const { datasets } = await get(association, identifier, "patient");
  for (const { path, sopInstanceUID, dataset } of list) {
    assert.deepEqual(datasets.get(sopInstanceUID), path[0] === "PHANTOM-2" ? dataset : undefined);
  }
});

Deno.test("serveDicomNode() serves what is in a zip, and stores into it", async () => {
  const folder = await Deno.makeTempDir();
  const root = `${folder}/study.zip`;
  const list = await samples();
  await using vfs = await folderOf(list.slice(1));
  await vfs.copy("memory:///archive", `zip://${encodeURIComponent(toFileUrl(root).href)}/`);
  await using node = await serveDicomNode({ vfs, root });
  assert.equal(node.counts.instances, list.length - 1);
  const association = await associate(node, list);
  await store(association, list.slice(0, 1));
  const { studyInstanceUID: StudyInstanceUID } = list[0]!;
  const { datasets } = await get(association, { QueryRetrieveLevel: "STUDY", StudyInstanceUID });
  assert.equal(datasets.size, list.length);
  for (const { sopInstanceUID, dataset } of list) {
    assert.deepEqual(datasets.get(sopInstanceUID), dataset);
  }
  await association.release();
  await node.close();
  // It is in the file, not only in what the node knows.
  await using again = await serveDicomNode({ vfs, root });
  assert.equal(again.counts.instances, list.length);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("serveDicomNode() refuses a file that is no archive", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///notes.txt", "no folder");
  await assert.rejects(
    serveDicomNode({ vfs, root: "memory:///notes.txt" }),
    (error) => isVfsError(error) && error.kind === "NotADirectory",
  );
});

Deno.test("serveDicomNode() answers C-FIND at every level of both models", async () => {
  await using node = await archiveNode();
  await using association = await associate(node);
  const patients = await find(association, {
    QueryRetrieveLevel: "PATIENT",
    PatientID: "",
    PatientName: "",
    NumberOfPatientRelatedStudies: "",
    NumberOfPatientRelatedSeries: "",
    NumberOfPatientRelatedInstances: "",
  }, "patient");
  assert.deepEqual(patients.map((each) => each.string("PatientName")), [
    "Phantom^Jörg",
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "Фантомов^Иван",
  ]);
  assert.equal(patients[0]!.number("NumberOfPatientRelatedStudies"), 1);
  assert.equal(patients[0]!.number("NumberOfPatientRelatedSeries"), 3);
  assert.equal(patients[0]!.number("NumberOfPatientRelatedInstances"), 18);

  for (const model of ["patient", "study"] as const) {
    const PatientID = "PHANTOM-1";
    const [study] = await find(association, {
      QueryRetrieveLevel: "STUDY",
      PatientID,
      StudyInstanceUID: "",
      ModalitiesInStudy: "",
      NumberOfStudyRelatedSeries: "",
    }, model);
    assert.deepEqual(study!.strings("ModalitiesInStudy").sort(), ["CT", "OT"]);
    assert.equal(study!.number("NumberOfStudyRelatedSeries"), 3);
    const above = { PatientID, StudyInstanceUID: study!.string("StudyInstanceUID")! };
    const series = await find(association, {
      ...above,
      QueryRetrieveLevel: "SERIES",
      SeriesInstanceUID: "",
      SeriesNumber: "",
      NumberOfSeriesRelatedInstances: "",
      ModalitiesInStudy: "",
      SOPClassesInStudy: "",
      PatientName: "",
    }, model);
    assert.equal(series.length, 3);
    assert.equal(series[0]!.string("PatientName"), "Phantom^Jörg");
    assert.equal(series[0]!.strings("ModalitiesInStudy").length, 2);
    assert.equal(series[0]!.strings("SOPClassesInStudy").length, 2);
    const axial = series.find((each) => each.number("NumberOfSeriesRelatedInstances") === 16)!;
    const images = await find(association, {
      ...above,
      QueryRetrieveLevel: "IMAGE",
      SeriesInstanceUID: axial.string("SeriesInstanceUID")!,
      SOPInstanceUID: "",
      InstanceNumber: "",
      Rows: "",
      AvailableTransferSyntaxUID: "",
      ModalitiesInStudy: "",
    }, model);
    assert.equal(images.length, 16);
    assert.equal(images[0]!.number("Rows"), 128);
    assert.equal(images[0]!.string("AvailableTransferSyntaxUID"), EXPLICIT);
    assert.equal(images[0]!.strings("ModalitiesInStudy").length, 2);
  }
});

Deno.test("serveDicomNode() sends a C-MOVE to a peer that it knows, and refuses others", async () => {
  const { datasets, store } = inbox();
  await using destination = serveDicom({ aeTitle: "WS", port: 0, store });
  await using node = await archiveNode({
    peers: { WS: { host: "127.0.0.1", port: destination.port } },
  });
  await using association = await associate(node);
  const list = (await archive()).filter(({ path }) => path[0] === "PHANTOM-3");
  const StudyInstanceUID = list[0]!.studyInstanceUID;
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
  const result = await cMove(association, { identifier, destination: "WS" });
  assert.equal(result.completed, list.length);
  for (const { sopInstanceUID, dataset } of list) {
    assert.deepEqual(datasets.get(sopInstanceUID), dataset);
  }
  for (const destination of ["WHO", "constructor"]) {
    await assert.rejects(cMove(association, { identifier, destination }), { code: 0xA801 });
  }
  const nothing = { ...identifier, StudyInstanceUID: "1.2.3" };
  const none = await cMove(association, { identifier: nothing, destination: "WS" });
  assert.equal(none.status.code, 0);
});

Deno.test("serveDicomNode() moves implicit VR to a peer that does not take it beside explicit VR", async () => {
  const { datasets, store } = inbox();
  await using destination = serveDicom({ aeTitle: "WS", port: 0, store, ...explicitFirst() });
  await using vfs = createVfs();
  const made = phantomStudy({ modalities: ["CT"], transferSyntaxUID: IMPLICIT });
  for await (const { path, bytes } of made) {
    await vfs.writeFile(`memory:///implicit/${path.join("/")}`, bytes);
  }
  const peers = { WS: { host: "127.0.0.1", port: destination.port } };
  await using node = await serveDicomNode({ vfs, root: "memory:///implicit", peers });
  await using association = await associate(node);
  const StudyInstanceUID = (await samples())[0]!.studyInstanceUID;
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
  const { completed, failed } = await cMove(association, { identifier, destination: "WS" });
  assert.deepEqual([completed, failed, datasets.size], [18, 0, 18]);
});

Deno.test("serveDicomNode() moves more kinds of instances than an association has contexts for", async () => {
  await using vfs = createVfs();
  const StudyInstanceUID = "2.25.1";
  for (let n = 0; n < 150; n++) {
    const instance = writeDicomFile({
      SOPClassUID: `1.2.840.10008.5.1.4.1.1.9.${n}`,
      SOPInstanceUID: `2.25.1.1.${n}`,
      PatientID: "P",
      StudyInstanceUID,
      SeriesInstanceUID: "2.25.1.1",
      Modality: "OT",
    });
    await vfs.writeFile(`memory:///kinds/${n}.dcm`, instance);
  }
  const seen = new Set<string>();
  const associations = new Set<unknown>();
  await using workstation = serveDicom({
    aeTitle: "WS",
    port: 0,
    store({ sopInstanceUID }, association) {
      associations.add(association);
      return { write() {}, close: () => void seen.add(sopInstanceUID), abort() {} };
    },
  });
  const peers = { WS: { host: "127.0.0.1", port: workstation.port } };
  await using node = await serveDicomNode({ vfs, root: "memory:///kinds", peers });
  await using association = await associate(node);
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
  const result = await cMove(association, { identifier, destination: "WS" });
  assert.equal(result.completed, 150);
  assert.equal(seen.size, 150);
  // Two contexts each, explicit and implicit.
  assert.equal(associations.size, 3);
  await until(() => workstation.connections === 0);
  assert.equal(workstation.connections, 0);
});

Deno.test("serveDicomNode() refuses a C-GET that does not say what, or says it with wildcards", async () => {
  await using node = await archiveNode();
  await using association = await associate(node, await archive());
  const identifiers: IdentifierInput[] = [
    { QueryRetrieveLevel: "STUDY" },
    { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "*" },
    { QueryRetrieveLevel: "STUDY", PatientID: "PHANTOM-1" },
    { QueryRetrieveLevel: "SERIES", SeriesInstanceUID: "1.2.3" },
  ];
  for (const identifier of identifiers) {
    await assert.rejects(
      get(association, identifier),
      { code: 0xA900 },
      JSON.stringify(identifier),
    );
  }
});

Deno.test("serveDicomNode() serves only the services that it is told to", async () => {
  await using node = await archiveNode({ services: ["C-FIND"] });
  const list = await samples();
  await using association = await associate(node, list);
  assert(association.contextFor(QUERY_RETRIEVE.study.find));
  assert.equal(association.contextFor(QUERY_RETRIEVE.study.get), undefined);
  await assert.rejects(cStore(association, list[0]!), { kind: "NotSupported" });
});

Deno.test("serveDicomNode() sends in implicit VR what its peer does not take explicit", async () => {
  await using node = await archiveNode();
  const list = (await archive()).filter(({ path }) => path[0] === "PHANTOM-1");
  const implicit = list.map((each) => ({ ...each, transferSyntaxUID: IMPLICIT }));
  await using association = await associate(node, implicit);
  const identifier = {
    QueryRetrieveLevel: "STUDY",
    StudyInstanceUID: list[0]!.studyInstanceUID,
  };
  const { datasets } = await get(association, identifier);
  assert.equal(datasets.size, list.length);
  for (const { sopInstanceUID, dataset } of list) {
    const sent = parseDicomHeader(dataset, { transferSyntaxUID: EXPLICIT });
    const got = parseDicomHeader(datasets.get(sopInstanceUID)!, { transferSyntaxUID: IMPLICIT });
    assert.equal(got.damage, undefined);
    assert.deepEqual(got.strings("ImageType"), sent.strings("ImageType"));
    assert.equal(got.pixelData!.length, sent.pixelData!.length);
  }
});

Deno.test("serveDicomNode() takes the transfer syntax that it has, of several in one context", async () => {
  await using node = await archiveNode();
  const [{ sopClassUID } = { sopClassUID: "" }] = await archive();
  const contexts = [{ sopClassUID, transferSyntaxUIDs: [IMPLICIT, EXPLICIT] }];
  await using association = await associate(node, [], { contexts });
  assert.equal(association.contextFor(sopClassUID)!.transferSyntaxUID, EXPLICIT);
});

Deno.test("serveDicomNode() takes implicit VR for who retrieves of a class that it has in both, since explicit VR can be made that", async () => {
  const vfs = await folderOf(await archive());
  const [{ sopClassUID } = { sopClassUID: "" }] = await archive();
  const made = phantomStudy({ modalities: ["CT"], seed: 9, transferSyntaxUID: IMPLICIT });
  for await (const { path, bytes } of made) {
    await vfs.writeFile(`memory:///archive/${path.join("/")}`, bytes);
  }
  await using node = await serveDicomNode({ vfs, root: "memory:///archive" });
  const takenBy = async (options: Partial<AssociationOptions>) => {
    const contexts = [{ sopClassUID, transferSyntaxUIDs: [EXPLICIT, IMPLICIT] }];
    await using association = await associate(node, [], { contexts, ...options });
    return association.contextFor(sopClassUID)!.transferSyntaxUID;
  };
  const roles = [{ sopClassUID, scu: true, scp: true }];
  assert.equal(await takenBy({ roles }), IMPLICIT);
  // Who stores has what it likes best.
  assert.equal(await takenBy({}), EXPLICIT);
});

Deno.test("serveDicomNode() speaks TLS, and asks for certificates when told so", async () => {
  const { cert, key, authority } = makeTls("localhost", Date.now());
  const trusting = { caCerts: [authority], serverName: "localhost" };
  {
    await using node = await archiveNode({ tls: { cert, key } });
    assert.match(node.url, /^dicoms:\/\/127\.0\.0\.1:\d+\/NODE$/);
    await using association = await associate(node, [], { tls: trusting });
    const patients = { QueryRetrieveLevel: "PATIENT", PatientID: "" };
    assert.equal((await find(association, patients, "patient")).length, 3);
    await assert.rejects(associate(node), { name: "AssociationNotEstablished" });
  }
  const tls = { cert, key, ca: [authority], requestClientCertificate: true };
  await using node = await archiveNode({ tls });
  await assert.rejects(associate(node, [], { tls: trusting }));
  await using _association = await associate(node, [], { tls: { ...trusting, cert, key } });
});

Deno.test("serveDicomNode() is closed while it is busy, and may be closed twice", async () => {
  const node = await archiveNode();
  const list = await archive();
  const identifier = { QueryRetrieveLevel: "PATIENT", PatientID: "PHANTOM-1" };
  const association = await associate(node, list);
  const fetching = get(association, identifier, "patient");
  const closing = node.close();
  await assert.rejects(fetching);
  await closing;
  await node.close();
  assert.equal(node.connections, 0);
  await association.closed;
});

Deno.test("serveDicomNode() that is closed while it stores keeps what it acknowledged", async () => {
  const vfs = createVfs();
  const list = await samples();
  const node = await serveDicomNode({ vfs, root: "memory:///pacs" });
  const association = await associate(node, list);
  let acknowledged = 0;
  const storing = (async () => {
    for (const each of list) {
      await cStore(association, each);
      if (++acknowledged === 5) node.close();
    }
  })();
  await assert.rejects(storing);
  await node.close();
  await association.closed;
  await using again = await serveDicomNode({ vfs, root: "memory:///pacs" });
  const { instances, skipped } = again.counts;
  assert(instances >= acknowledged && instances <= acknowledged + 1);
  assert.equal(skipped, 0);
});
