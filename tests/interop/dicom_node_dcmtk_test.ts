/**
 * The node against DCMTK's clients. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { readDicomHeader } from "../../formats/mod.ts";
import type { DicomNode } from "../../testing/mod.ts";
import { phantomArchive } from "../../testing/phantom.ts";
import { makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import {
  dcmtk,
  distinct,
  EXPLICIT,
  IMPLICIT,
  type Instance,
  instanceOf,
  realInstances,
  sampleTest,
  started,
} from "./dimse_kit.ts";
import { filesIn, nodeOf } from "./dicom_node_kit.ts";
import { peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { withFolder } from "./servers.ts";

const [ECHOSCU, STORESCU, FINDSCU, GETSCU, MOVESCU] = [
  "echoscu",
  "storescu",
  "findscu",
  "getscu",
  "movescu",
].map(dcmtk);

async function patients(): Promise<Instance[]> {
  const list: Instance[] = [];
  for await (const { path, bytes } of phantomArchive({ modalities: ["CT"] })) {
    list.push(await instanceOf(path.join("/"), bytes));
  }
  return list;
}

const at = ({ port }: DicomNode) => ["-aec", "NODE", "127.0.0.1", String(port)];
const keys = (...pairs: string[]) => pairs.flatMap((pair) => ["-k", pair]);

await peerTest(ECHOSCU!, "echoscu is answered by serveDicomNode()", async (run) => {
  await using node = await nodeOf([]);
  await run(...at(node));
});

/** Flags by which getscu asks for compressed images. */
const GET_FLAGS: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.50": "+xy",
  "1.2.840.10008.1.2.4.80": "+xt",
  "1.2.840.10008.1.2.4.90": "+xv",
  "1.2.840.10008.1.2.4.91": "+xw",
  "1.2.840.10008.1.2.5": "+xr",
};

/** Flags by which storescu sends a file as it is. */
const SYNTAX_FLAGS: Readonly<Record<string, string>> = {
  [IMPLICIT]: "-xi",
  [EXPLICIT]: "-xe",
  "1.2.840.10008.1.2.2": "-xb",
  "1.2.840.10008.1.2.1.99": "-xd",
  "1.2.840.10008.1.2.4.50": "-xy",
  "1.2.840.10008.1.2.4.80": "-xt",
  "1.2.840.10008.1.2.4.90": "-xv",
  "1.2.840.10008.1.2.4.91": "-xw",
  "1.2.840.10008.1.2.5": "-xr",
};

await sampleTest(
  STORESCU!,
  "storescu stores sample files of every transfer syntax into serveDicomNode(), values unchanged",
  (run) =>
    withFolder(async (folder) => {
      // Some samples are one image in several transfer syntaxes.
      await using node = await nodeOf([], { duplicates: "replace" });
      for (const instance of await realInstances()) {
        // DCMTK itself does not read it.
        if (instance.name.includes("truncated")) continue;
        const path = join(folder, "sent.dcm");
        await Deno.writeFile(path, instance.file);
        const flag = SYNTAX_FLAGS[instance.transferSyntaxUID]!;
        await run("-R", flag, ...at(node), path);
        const stored = await storedIn(node, instance.sopInstanceUID);
        assert.equal(stored.transferSyntaxUID, instance.transferSyntaxUID, instance.name);
        for (const keyword of ["PatientName", "SeriesInstanceUID", "Modality"] as const) {
          const sent = instance.header.strings(keyword);
          assert.deepEqual(stored.header.strings(keyword), sent, instance.name);
        }
      }
    }),
);

/** What a node has stored. */
async function storedIn(
  node: DicomNode & { readonly vfs: Vfs },
  sopInstanceUID: string,
): Promise<Instance> {
  for await (const { name, url } of node.vfs.entries("memory:///node")) {
    if (name === `${sopInstanceUID}.dcm`) {
      return await instanceOf(url, await node.vfs.readFile(url));
    }
  }
  throw new Error(`Nothing of ${sopInstanceUID} was stored`);
}

await peerTest(
  FINDSCU!,
  "findscu gets answers of serveDicomNode() at all levels, names in UTF-8",
  (run) =>
    withFolder(async (folder) => {
      await using node = await nodeOf(await patients());
      const find = async (model: string, ...pairs: string[]) => {
        await run(model, "-X", "-od", folder, ...keys(...pairs), ...at(node));
        const found: Instance["header"][] = [];
        for await (const { name } of Deno.readDir(folder)) {
          found.push(await readDicomHeader(await Deno.readFile(join(folder, name))));
          await Deno.remove(join(folder, name));
        }
        return found;
      };
      const all = await find(
        "-P",
        "QueryRetrieveLevel=PATIENT",
        "PatientID",
        "PatientName",
        "NumberOfPatientRelatedStudies",
      );
      assert.deepEqual(all.map((each) => each.string("PatientName")).sort(), [
        "Phantom^Jörg",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "Фантомов^Иван",
      ]);
      const [one] = await find(
        "-S",
        "SpecificCharacterSet=ISO_IR 192",
        "QueryRetrieveLevel=STUDY",
        "PatientName=*山田*",
        "StudyInstanceUID",
        "ModalitiesInStudy=CT",
        "NumberOfStudyRelatedInstances",
      );
      assert.equal(one!.number("NumberOfStudyRelatedInstances"), 18);
      const study = `StudyInstanceUID=${one!.string("StudyInstanceUID")}`;
      const series = await find("-S", "QueryRetrieveLevel=SERIES", study, "SeriesInstanceUID");
      assert.equal(series.length, 3);
      let images = 0;
      for (const each of series) {
        const key = `SeriesInstanceUID=${each.string("SeriesInstanceUID")}`;
        const found = await find("-S", "QueryRetrieveLevel=IMAGE", study, key, "SOPInstanceUID");
        images += found.length;
      }
      assert.equal(images, 18);
      const model = ["-P", "QueryRetrieveLevel=STUDY", "PatientID=PHANTOM-1", "StudyInstanceUID"];
      assert.equal((await find(model[0]!, ...model.slice(1))).length, 1);
    }),
);

await peerTest(
  GETSCU!,
  "getscu gets a study from serveDicomNode() unchanged, and compressed images as they are",
  (run) =>
    withFolder(async (folder) => {
      const list = (await patients()).filter(({ name }) => name.startsWith("PHANTOM-2"));
      const others = distinct(await realInstances());
      await using node = await nodeOf([...list, ...others]);
      const [{ studyInstanceUID } = { studyInstanceUID: "" }] = list;
      const study = keys("QueryRetrieveLevel=STUDY", `StudyInstanceUID=${studyInstanceUID}`);
      await run("-S", "+B", "-od", folder, ...study, ...at(node));
      const files = await filesIn(folder);
      assert.equal(files.size, list.length);
      for (const { sopInstanceUID, dataset } of list) {
        assert.deepEqual(files.get(sopInstanceUID), dataset);
      }
      for (const { name, dataset, header, ...each } of others) {
        const flag = GET_FLAGS[each.transferSyntaxUID];
        if (flag === undefined) continue;
        const unique = keys(
          "QueryRetrieveLevel=IMAGE",
          `StudyInstanceUID=${each.studyInstanceUID}`,
          `SeriesInstanceUID=${header.string("SeriesInstanceUID")}`,
          `SOPInstanceUID=${each.sopInstanceUID}`,
        );
        await run("-S", flag, "+B", "-od", folder, ...unique, ...at(node));
        assert.deepEqual((await filesIn(folder)).get(each.sopInstanceUID), dataset, name);
      }
    }),
);

await peerTest(
  MOVESCU!,
  "movescu moves a study from serveDicomNode() to storescp unchanged, and is told of a wrong place",
  (run) =>
    withFolder(async (folder) => {
      const list = (await patients()).filter(({ name }) => name.startsWith("PHANTOM-1"));
      const port = freePort();
      await using _storescp = await started(
        "storescp",
        ["+B", "-aet", "STORE", "-od", folder, String(port)],
        port,
      );
      const peers = { STORE: { host: "127.0.0.1", port }, AWAY: { host: "127.0.0.1", port: 1 } };
      await using node = await nodeOf(list, { peers });
      const [{ studyInstanceUID } = { studyInstanceUID: "" }] = list;
      const study = keys("QueryRetrieveLevel=STUDY", `StudyInstanceUID=${studyInstanceUID}`);
      await run("-S", "-aem", "STORE", ...study, ...at(node));
      const files = await filesIn(folder);
      assert.equal(files.size, list.length);
      for (const { sopInstanceUID, dataset } of list) {
        assert.deepEqual(files.get(sopInstanceUID), dataset);
      }
      await assert.rejects(run("-S", "-aem", "NOBODY", ...study, ...at(node)));
      await assert.rejects(run("-S", "-aem", "AWAY", ...study, ...at(node)));
      const statuses = node.requests.entries.map(({ status }) => status);
      assert.deepEqual(statuses, [0, 0xA801, 0xA702]);
    }),
);

/** DCMTK's clients without objects that speak TLS, and what they ask for. */
const TLS_CLIENTS = [
  ["echoscu"],
  ["findscu", "-S", ...keys("QueryRetrieveLevel=STUDY", "StudyInstanceUID")],
] as const;

/** What a node asks for a certificate with, and how a client of DCMTK's shows one. */
async function certified(folder: string) {
  const { cert, key, authority } = makeTls("localhost", Date.now());
  const file = async (name: string, text: string) => {
    await Deno.writeTextFile(join(folder, name), text);
    return join(folder, name);
  };
  const ca = await file("ca.pem", authority);
  return {
    ca,
    tls: { cert, key, ca: [authority], requestClientCertificate: true },
    flags: ["+tls", await file("key.pem", key), await file("cert.pem", cert), "+cf", ca],
  };
}

await peerTest(
  STORESCU!,
  "storescu +tls stores into serveDicomNode() with a certificate, and is refused without",
  (run) =>
    withFolder(async (folder) => {
      const { tls, flags, ca } = await certified(folder);
      const [{ file } = { file: new Uint8Array() }] = await patients();
      const path = join(folder, "one.dcm");
      await Deno.writeFile(path, file);
      await using node = await nodeOf([], { tls });
      await run(...flags, ...at(node), path);
      assert.equal(node.counts.instances, 1);
      await assert.rejects(run("+tla", "+cf", ca, ...at(node), path));
      await assert.rejects(run(...at(node), path));
    }),
);

for (const [peer, ...query] of TLS_CLIENTS) {
  await peerTest(
    dcmtk(peer),
    `${peer} +tls asks serveDicomNode() with a certificate, and is refused without`,
    (run) =>
      withFolder(async (folder) => {
        const { tls, flags, ca } = await certified(folder);
        await using node = await nodeOf(await patients(), { tls });
        await run(...flags, ...query, ...at(node));
        const asked = node.requests.entries.map(({ service }) => service);
        assert.deepEqual(asked, peer === "findscu" ? ["C-FIND"] : []);
        await assert.rejects(run("+tla", "+cf", ca, ...query, ...at(node)));
        await assert.rejects(run(...query, ...at(node)));
      }),
  );
}
