/**
 * The DIMSE layer against DCMTK's archive, dcmqrscp. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import {
  AssociationRejected,
  cFind,
  cGet,
  cMove,
  contextsOf,
  type IdentifierInput,
  QUERY_RETRIEVE,
  requestAssociation,
  serveDicom,
  ServiceFailed,
} from "../../transports/dicom/dimse/mod.ts";
import { phantomArchive } from "../../testing/phantom.ts";
import {
  type Archive,
  assertComesBack,
  associate,
  bigStudy,
  dcmtk,
  IMPLICIT,
  inbox,
  type Instance,
  instanceOf,
  phantom,
  storeAll,
  study,
  withDcmqrscp,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";

const DCMQRSCP = dcmtk("dcmqrscp");

/** A test with dcmqrscp and the phantom in it. */
function archiveTest(
  name: string,
  fn: (peer: Archive, list: Instance[]) => Promise<void>,
  ...flags: string[]
): Promise<void> {
  return peerTest(DCMQRSCP, name, () =>
    withDcmqrscp(async (peer) => {
      const list = await phantom();
      await storeAll(peer, list);
      await fn(peer, list);
    }, ...flags));
}

async function values(
  peer: Archive,
  identifier: IdentifierInput,
  keyword: string,
): Promise<string[]> {
  await using association = await associate(peer);
  const found: string[] = [];
  for await (const { dataset } of cFind(association, { identifier })) {
    found.push(dataset.string(keyword) ?? "");
  }
  return found;
}

await archiveTest(
  "behaviour 41: cFind() of dcmqrscp lists series and instances, given what is above them",
  async (peer, list) => {
    const { StudyInstanceUID } = study(list) as { StudyInstanceUID: string };
    const keys = { QueryRetrieveLevel: "SERIES", StudyInstanceUID, SeriesInstanceUID: "" };
    const series = await values(peer, keys, "SeriesInstanceUID");
    assert.equal(series.length, 3);
    const found: string[] = [];
    for (const SeriesInstanceUID of series) {
      const identifier = {
        QueryRetrieveLevel: "IMAGE",
        StudyInstanceUID,
        SeriesInstanceUID,
        SOPInstanceUID: "",
      };
      found.push(...await values(peer, identifier, "SOPInstanceUID"));
    }
    assert.deepEqual(found.sort(), list.map((each) => each.sopInstanceUID).sort());
  },
);

await archiveTest(
  "behaviour 38: cFind() of dcmqrscp is cancelled, and the association is usable",
  async (peer, list) => {
    await using association = await associate(peer);
    const { StudyInstanceUID } = study(list) as { StudyInstanceUID: string };
    const identifier = { QueryRetrieveLevel: "SERIES", StudyInstanceUID, SeriesInstanceUID: "" };
    for (let round = 0; round < 3; round++) {
      for await (const _ of cFind(association, { identifier })) break;
    }
    assert(association.isOpen);
  },
);

await peerTest(
  DCMQRSCP,
  "behaviour 40: a name with an umlaut in UTF-8 is found by dcmqrscp",
  () =>
    withDcmqrscp(async (peer) => {
      const list: Instance[] = [];
      for await (const { path, bytes } of phantomArchive({ modalities: ["CT"] })) {
        if (path[2]!.startsWith("1-")) list.push(await instanceOf(path.join("/"), bytes));
      }
      await storeAll(peer, list);
      const identifier = {
        QueryRetrieveLevel: "STUDY",
        PatientName: "Phantom^Jö*",
        StudyInstanceUID: "",
      };
      assert.deepEqual(await values(peer, identifier, "PatientName"), ["Phantom^Jörg"]);
    }),
);

await archiveTest(
  "behaviour 42: a list of 1,500 UIDs is one query to dcmqrscp",
  async (peer, list) => {
    const others = Array.from({ length: 1500 }, (_, i) => `1.2.826.0.1.3680043.8.498.${i}`);
    const StudyInstanceUID = [...others, study(list).StudyInstanceUID as string];
    const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID, PatientID: "" };
    assert.deepEqual(await values(peer, identifier, "PatientID"), ["PHANTOM-1"]);
  },
);

await peerTest(
  DCMQRSCP,
  "behaviour 46: cGet() of a study of 100 from dcmqrscp gives all datasets unchanged",
  () =>
    withDcmqrscp(async (peer) => {
      const list = await bigStudy(100, 256);
      await storeAll(peer, list);
      await assertComesBack(peer, list);
    }),
);

await archiveTest(
  "behaviours 47 and 51: without roles dcmqrscp sends nothing, and the failed instances are named",
  async (peer, list) => {
    await using association = await associate(peer, list, { roles: [] });
    const { all, store } = inbox();
    await assert.rejects(
      cGet(association, { identifier: study(list), onInstance: store }),
      (error) =>
        error instanceof ServiceFailed &&
        list.some(({ sopInstanceUID }) => error.message.includes(sopInstanceUID)),
    );
    assert.equal(all.size, 0);
    assert(association.isOpen);
  },
);

await archiveTest(
  "behaviour 48: dcmqrscp --disable-get accepts no context for C-GET, which the error says",
  async (peer, list) => {
    await using association = await associate(peer, list);
    assert.equal(association.contextFor(QUERY_RETRIEVE.study.get), undefined);
    const { store } = inbox();
    await assert.rejects(
      cGet(association, { identifier: study(list), onInstance: store }),
      { kind: "NotSupported" },
    );
  },
  "--disable-get",
);

await archiveTest(
  "behaviour 55: cMove() from dcmqrscp delivers the study, and an unknown destination is named",
  async (peer, list) => {
    const { all, store } = inbox();
    await using _server = serveDicom({ aeTitle: "MEDVFS", port: peer.destination, store });
    await using association = await associate(peer);
    const identifier = study(list);
    const result = await cMove(association, { identifier, destination: "MEDVFS" });
    assert.equal(result.completed, list.length);
    assert.equal(all.size, list.length);
    await assert.rejects(
      cMove(association, { identifier, destination: "NOBODY" }),
      (error) => error instanceof ServiceFailed && error.code === 0xA801,
    );
  },
);

await peerTest(
  DCMQRSCP,
  "behaviour 2: dcmqrscp rejects a wrong AE title, which the error names",
  () =>
    withDcmqrscp(async ({ port }) => {
      const contexts = contextsOf([[QUERY_RETRIEVE.study.find, IMPLICIT]])[0]!;
      await assert.rejects(
        requestAssociation({ hostname: "127.0.0.1", port, calledAET: "WRONG", contexts }),
        (error) =>
          error instanceof AssociationRejected && /"WRONG"/.test(error.message) &&
          error.kind === "NotFound",
      );
    }),
);
