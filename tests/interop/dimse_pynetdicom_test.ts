/**
 * The DIMSE layer as client of a pynetdicom server. Needs Python with pynetdicom (`MEDVFS_PYTHON`).
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { join } from "@std/path";
import {
  cEcho,
  cFind,
  cGet,
  cMove,
  cStore,
  serveDicom,
  ServiceFailed,
} from "../../transports/dicom/dimse/mod.ts";
import { samplePaths, SAMPLES } from "../formats/_samples.ts";
import {
  associate,
  distinct,
  inbox,
  phantom,
  PYNETDICOM,
  realInstances,
  sampleTest,
} from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { SCRIPT, withPynetdicom } from "./pynetdicom_kit.ts";

await peerTest(
  PYNETDICOM,
  "pynetdicom is echoed to, and gets sample files of every transfer syntax unchanged",
  async () => {
    for (let rest = [...await phantom(), ...await realInstances()]; rest.length > 0;) {
      const list = distinct(rest).filter(({ hasMeta }) => hasMeta);
      const ids = new Set(distinct(rest));
      rest = rest.filter((each) => !ids.has(each));
      await withPynetdicom(list, async (peer, folder) => {
        await using association = await associate(peer, list);
        await cEcho(association);
        for (const each of list) {
          assert.equal((await cStore(association, each)).status.code, 0, each.name);
          const arrived = await Deno.readFile(join(folder, `${each.sopInstanceUID}.dataset`));
          assert.deepEqual(arrived, each.dataset, each.name);
        }
      });
    }
  },
);

await sampleTest(
  PYNETDICOM,
  "behaviour 39: names in all character sets come from pynetdicom as pydicom reads them",
  async (run) => {
    const files = samplePaths("pydicom/charset/").filter((path) => !path.includes("chrSQ"))
      .map((path) => fileURLToPath(new URL(path, SAMPLES)));
    const expected: string[] = JSON.parse(await run(SCRIPT, "names", ...files));
    const list = (await realInstances()).filter(({ name }) =>
      files.some((file) => file.endsWith(name))
    );
    assert.equal(list.length, files.length);
    await withPynetdicom(list, async (peer) => {
      await using association = await associate(peer);
      const identifier = { QueryRetrieveLevel: "STUDY", PatientName: "" };
      const names: string[] = [];
      for await (const { dataset } of cFind(association, { identifier })) {
        names.push(dataset.string("PatientName")!);
      }
      assert.deepEqual(names, expected);
    });
  },
);

await peerTest(
  PYNETDICOM,
  "cGet() and cMove() from pynetdicom give a study, and a wrong destination is A801H",
  async () => {
    const list = await phantom();
    await withPynetdicom(list, async (peer) => {
      const moved = inbox();
      const destination = { aeTitle: "MEDVFS", port: peer.destination, store: moved.store };
      await using _server = serveDicom(destination);
      await using association = await associate(peer, list);
      const StudyInstanceUID = list[0]!.studyInstanceUID;
      const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
      const got = inbox();
      const result = await cGet(association, { identifier, onInstance: got.store });
      assert.equal(result.completed, list.length);
      await cMove(association, { identifier, destination: "MEDVFS" });
      for (const { sopInstanceUID, dataset } of list) {
        assert.deepEqual(got.all.get(sopInstanceUID)!.dataset, dataset);
        assert.deepEqual(moved.all.get(sopInstanceUID)!.dataset, dataset);
      }
      await assert.rejects(
        cMove(association, { identifier, destination: "NOBODY" }),
        (error) => error instanceof ServiceFailed && error.code === 0xA801,
      );
    });
  },
);
