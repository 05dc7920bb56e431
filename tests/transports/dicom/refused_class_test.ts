import { strict as assert } from "node:assert";
import { freePort } from "../../free_port.ts";
import { readFileMeta } from "../../../formats/mod.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import {
  cStore,
  type Query,
  requestAssociation,
  serveDicom,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { MR, seriesOf } from "./_archive.ts";
import { before } from "./_liar.ts";

const SAMPLE = seriesOf({ count: 1 })[0]!;
const UID = SAMPLE.SOPInstanceUID;
const NONE = async function* () {};
const EXPLICIT = TRANSFER_SYNTAX.explicit;

/** An archive with C-GET that takes no context to send images on, as dcm4che's `dcmqrscp --all-storage` does. */
function archive(listen?: { readonly aeTitle: string; readonly port: number }) {
  const asked: string[] = [];
  const server = serveDicom({
    aeTitle: "LIAR",
    hostname: "127.0.0.1",
    port: 0,
    preferSyntax: () => null,
    async *find({ transferSyntaxUID }: Query) {
      const { PixelData: _, ...row } = SAMPLE;
      const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
      yield writeDicomDataset(row, isImplicit ? { transferSyntaxUID } : {});
    },
    get() {
      asked.push("C-GET");
      return Promise.resolve({ total: 1, instances: NONE() });
    },
    async move() {
      asked.push("C-MOVE");
      await using association = await requestAssociation({
        hostname: "127.0.0.1",
        port: listen!.port,
        callingAET: "LIAR",
        calledAET: listen!.aeTitle,
        contexts: [{ sopClassUID: MR, transferSyntaxUIDs: [EXPLICIT] }],
      });
      const dataset = writeDicomDataset(SAMPLE);
      const instance = { sopClassUID: MR, sopInstanceUID: UID, transferSyntaxUID: EXPLICIT };
      await cStore(association, { ...instance, dataset });
      return { total: 0, instances: NONE() };
    },
  });
  return { asked, ...before(server, listen && { listen: { ...listen, hostname: "127.0.0.1" } }) };
}

Deno.test("read of a class that an archive takes no context for is NotSupported, names the option, and asks no C-GET", async () => {
  await using refusing = archive();
  for (let i = 0; i < 2; i++) {
    const error = await refusing.vfs.readFile(`${refusing.url}/${UID}`).catch((error) => error);
    assert(isVfsError(error), `${error}`);
    assert.deepEqual([error.kind, error.status], ["NotSupported", "permanent"]);
    assert.match(error.message, /listen/);
  }
  assert.deepEqual(refusing.asked, []);
});

Deno.test("what an archive takes no context for comes by C-MOVE", async () => {
  await using refusing = archive({ aeTitle: "RECEIVER", port: freePort() });
  const file = await refusing.vfs.readFile(`${refusing.url}/${UID}`);
  assert.equal((await readFileMeta(file)).sopInstanceUID, UID);
  assert.deepEqual(refusing.asked, ["C-MOVE"]);
});
