/**
 * The DIMSE layer against Orthanc, in both roles. Needs the Debian package orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import {
  AssociationAborted,
  AssociationPool,
  AssociationRejected,
  cEcho,
  cFind,
  cGet,
  cMove,
  contextsOf,
  cStore,
  requestAssociation,
  serveDicom,
  ServiceFailed,
  VERIFICATION,
} from "../../transports/dicom/dimse/mod.ts";
import { readDicomHeader } from "../../formats/mod.ts";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import {
  assertComesBack,
  associate,
  bigStudy,
  EXPLICIT,
  IMPLICIT,
  inbox,
  type Instance,
  instanceOf,
  ORTHANC,
  orthancTest,
  phantom,
  pixelsOf,
  realInstances,
  sampleTest,
  storeAll,
  study,
  withOrthanc,
} from "./dimse_kit.ts";
import { until } from "../until.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";

/** Studies of one small instance. */
async function studies(count: number): Promise<Instance[]> {
  const list: Instance[] = [];
  for (let i = 0; i < count; i++) {
    const file = writeDicomFile({
      SpecificCharacterSet: "ISO_IR 100",
      SOPClassUID: MR,
      SOPInstanceUID: `2.25.3.${i}`,
      StudyDate: "20200101",
      Modality: "MR",
      PatientName: `Müller^${i}`,
      PatientID: `P${i}`,
      StudyInstanceUID: `2.25.1.${i}`,
      SeriesInstanceUID: `2.25.2.${i}`,
    });
    list.push(await instanceOf(String(i), file));
  }
  return list;
}

/**
 * Values and pixel data of a dataset. Orthanc writes datasets anew, so padding, group lengths and the lengths of
 * sequences may change.
 */
async function contentOf(dataset: Uint8Array, transferSyntaxUID: string) {
  const header = await readDicomHeader(dataset, { transferSyntaxUID });
  const values = header.toJSON();
  for (const tag of Object.keys(values)) {
    if (tag.endsWith("0000") || tag === "FFFCFFFC" || tag === "7FE00010") delete values[tag];
  }
  return { values, pixels: await pixelsOf(dataset, transferSyntaxUID) };
}

async function statistics(rest: string): Promise<{ CountStudies: number; CountInstances: number }> {
  return await (await fetch(`${rest}/statistics`)).json();
}

await orthancTest(
  "behaviour 46: a study goes to Orthanc and comes back unchanged by C-GET, and Orthanc counts it",
  async (peer) => {
    const list = await bigStudy(100, 256);
    await storeAll(peer, list);
    assert.equal((await statistics(peer.rest)).CountInstances, 100);
    await assertComesBack(peer, list);
  },
);

await orthancTest(
  "behaviour 21: 1,000 instances go to Orthanc by a pool, and its count agrees",
  async (peer) => {
    const list = await studies(1000);
    await using pool = new AssociationPool({
      hostname: "127.0.0.1",
      port: peer.port,
      calledAET: peer.aeTitle,
    });
    const contexts = contextsOf([[MR, EXPLICIT]])[0]!;
    const store = (instance: Instance) =>
      pool.run({ contexts }, (association) => cStore(association, instance));
    await Promise.all(list.map(store));
    const { CountInstances, CountStudies } = await statistics(peer.rest);
    assert.deepEqual([CountInstances, CountStudies], [1000, 1000]);
  },
);

await sampleTest(
  ORTHANC,
  "sample files of every transfer syntax go to Orthanc, which keeps them, and come back",
  () =>
    withOrthanc(async (peer) => {
      for (const instance of await realInstances()) {
        // Orthanc waits for the rest of a dataset that is cut.
        if (instance.name.includes("truncated")) continue;
        const { name, sopInstanceUID, studyInstanceUID, transferSyntaxUID, dataset } = instance;
        await using association = await associate(peer, [instance]);
        await cStore(association, instance);
        const { all, store } = inbox();
        const identifier = {
          QueryRetrieveLevel: "IMAGE",
          StudyInstanceUID: studyInstanceUID,
          SeriesInstanceUID: instance.header.string("SeriesInstanceUID")!,
          SOPInstanceUID: sopInstanceUID,
        };
        await cGet(association, { identifier, onInstance: store });
        assert.equal(all.get(sopInstanceUID)!.transferSyntaxUID, transferSyntaxUID, name);
        assert.deepEqual(
          await contentOf(all.get(sopInstanceUID)!.dataset, transferSyntaxUID),
          await contentOf(dataset, transferSyntaxUID),
          name,
        );
      }
    }),
);

await orthancTest(
  "behaviour 3: Orthanc that checks its AE title rejects a wrong one, which the error names",
  async ({ port }) => {
    await assert.rejects(
      associate({ port, aeTitle: "WRONG" }),
      (error) =>
        error instanceof AssociationRejected && /"WRONG"/.test(error.message) &&
        error.kind === "NotFound",
    );
  },
  { DicomCheckCalledAet: true },
);

await orthancTest(
  "behaviour 4: Orthanc that does not let us store says so by an abort, at once",
  async (peer) => {
    const [first] = await phantom();
    const contexts = contextsOf([[first!.sopClassUID, EXPLICIT]])[0]!;
    const begin = performance.now();
    await assert.rejects(
      async () => {
        await using association = await requestAssociation({
          hostname: "127.0.0.1",
          port: peer.port,
          calledAET: peer.aeTitle,
          callingAET: "STRANGER",
          contexts,
        });
        await cStore(association, first!);
      },
      (error) =>
        error instanceof AssociationAborted && error.message.includes(`127.0.0.1:${peer.port}`),
    );
    // Far from the minute that a peer has for its answer.
    assert(performance.now() - begin < 30_000);
  },
  { DicomAlwaysAllowStore: false },
);

await orthancTest(
  "behaviour 19: an association of a pool that Orthanc gave up is replaced unnoticed",
  async (peer) => {
    await using pool = new AssociationPool({
      hostname: "127.0.0.1",
      port: peer.port,
      calledAET: peer.aeTitle,
    });
    const contexts = contextsOf([[VERIFICATION, IMPLICIT]])[0]!;
    const echo = () => pool.run({ contexts }, (association) => cEcho(association));
    await echo();
    assert.equal(pool.open, 1);
    // Orthanc's patience, shortened.
    await until(() => pool.open === 0);
    assert.equal(pool.open, 0);
    await echo();
  },
  { DicomScpTimeout: 1 },
);

await orthancTest(
  "behaviour 37: Orthanc that limits its answers gives 10 and says that these are not all",
  async (peer) => {
    await storeAll(peer, await studies(31));
    await using association = await associate(peer);
    const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "" };
    let count = 0;
    await assert.rejects(
      async () => {
        for await (const _ of cFind(association, { identifier })) count++;
      },
      { kind: "Incomplete" },
    );
    assert.equal(count, 10);
    assert(association.isOpen);
  },
  { LimitFindResults: 10 },
);

await orthancTest(
  "behaviour 42: a list of 1,500 UIDs is one query to Orthanc, names come back whole",
  async (peer) => {
    await storeAll(peer, await studies(3));
    await using association = await associate(peer);
    const others = Array.from({ length: 1498 }, (_, i) => `2.25.9.${i}`);
    const StudyInstanceUID = [...others, "2.25.1.0", "2.25.1.2"];
    const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID, PatientName: "müller*" };
    const names: string[] = [];
    for await (const { dataset } of cFind(association, { identifier })) {
      names.push(dataset.string("PatientName")!);
    }
    assert.deepEqual(names.sort(), ["Müller^0", "Müller^2"]);
  },
);

await orthancTest(
  "behaviour 49: Orthanc that forbids C-GET aborts it, which the error says",
  async (peer) => {
    const list = await phantom();
    await storeAll(peer, list);
    const association = await associate(peer, list, { callingAET: "STRANGER" });
    const { all, store } = inbox();
    await assert.rejects(
      cGet(association, { identifier: study(list), onInstance: store }),
      AssociationAborted,
    );
    assert.equal(all.size, 0);
    await association.closed;
  },
  { DicomAlwaysAllowGet: false },
);

await orthancTest(
  "behaviour 50: a C-GET from Orthanc of a class that was not proposed is an error",
  async (peer) => {
    const list = await phantom();
    await storeAll(peer, list);
    const [first] = list;
    const others = list.filter(({ sopClassUID }) => sopClassUID !== first!.sopClassUID);
    assert.notEqual(others.length, 0);
    await using association = await associate(peer, [first!]);
    const { all, store } = inbox();
    await assert.rejects(
      cGet(association, { identifier: study(list), onInstance: store }),
      (error) =>
        error instanceof ServiceFailed &&
        others.some(({ sopInstanceUID }) => error.message.includes(sopInstanceUID)),
    );
    for (const { sopInstanceUID } of others) assert.equal(all.has(sopInstanceUID), false);
    assert(association.isOpen);
  },
);

await orthancTest(
  "behaviour 55: cMove() from Orthanc delivers the study, and an unknown destination is refused",
  async (peer) => {
    const list = await phantom();
    await storeAll(peer, list);
    const { all, store } = inbox();
    await using _server = serveDicom({ aeTitle: "MEDVFS", port: peer.destination, store });
    await using association = await associate(peer);
    const identifier = study(list);
    const result = await cMove(association, { identifier, destination: "MEDVFS" });
    assert.equal(result.status.code, 0);
    for (const { sopInstanceUID, dataset } of list) {
      assert.deepEqual(all.get(sopInstanceUID)!.dataset, dataset);
    }
    await assert.rejects(
      cMove(association, { identifier, destination: "NOBODY" }),
      ServiceFailed,
    );
  },
);

await orthancTest("Orthanc echoes to, stores into and queries serveDicom()", async (peer) => {
  const list = await phantom();
  await storeAll(peer, list);
  const { all, store } = inbox();
  await using _server = serveDicom({ aeTitle: "MEDVFS", port: peer.destination, store });
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${peer.rest}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return await answer.json();
  };
  await post("/modalities/medvfs/echo", {});
  const ids: string[] = await (await fetch(`${peer.rest}/studies`)).json();
  await post("/modalities/medvfs/store", ids);
  assert.equal(all.size, list.length);
  for (const { sopInstanceUID, dataset } of list) {
    assert.deepEqual(all.get(sopInstanceUID)!.dataset, dataset);
  }
});
