import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import {
  type Query,
  type Retrieval,
  serveDicom,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { layerOf } from "../../../transports/dicom/dimse/association.ts";
import { PduError } from "../../../transports/dicom/dimse/pdu.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { MR, type Sample, seriesOf, world } from "./_archive.ts";
import { before } from "./_liar.ts";

/** What an archive sends: a UID, and a dataset for it. */
type Sent = readonly [uid: string, dataset: Sample];

const SAMPLES = seriesOf({ count: 3 });
const UIDS = SAMPLES.map(({ SOPInstanceUID }) => SOPInstanceUID);
const SERIES = "PAT1/1.2.3.1/1.2.3.1.1";

/** An archive that lists the samples, and sends what it likes; `undefined` is asked for a whole series. */
function lying(send: (uid: string | undefined, query: Query) => readonly Sent[]) {
  const headerOf = ({ identifier, transferSyntaxUID }: Query) =>
    parseDicomHeader(identifier, { transferSyntaxUID });
  const server = serveDicom({
    aeTitle: "LIAR",
    hostname: "127.0.0.1",
    port: 0,
    async *find({ transferSyntaxUID }: Query) {
      const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
      const options = { transferSyntaxUID: isImplicit ? "1.2.840.10008.1.2" : undefined };
      for (const { PixelData: _, ...row } of SAMPLES) yield writeDicomDataset(row, options);
    },
    get(query: Query) {
      const sent = send(headerOf(query).string("SOPInstanceUID"), query);
      async function* instances(): Retrieval["instances"] {
        for (const [sopInstanceUID, sample] of sent) {
          yield {
            sopClassUID: MR,
            sopInstanceUID,
            transferSyntaxUID: "1.2.840.10008.1.2.1",
            dataset: writeDicomDataset(sample),
          };
        }
      }
      return Promise.resolve({ total: sent.length, instances: instances() });
    },
  });
  return before(server);
}

Deno.test("copy() of what an archive sends as another instance stores nothing, alone and in a series", async () => {
  const others = (uid: string | undefined) =>
    SAMPLES.filter(({ SOPInstanceUID }) => uid === undefined || uid === SOPInstanceUID)
      .map((sample): Sent => [
        sample.SOPInstanceUID,
        sample === SAMPLES[1] ? { ...SAMPLES[0]!, PatientID: "SOMEBODY" } : sample,
      ]);
  await using archive = lying(others);
  const { vfs, url } = archive;
  const reason = /sent instance 1\.2\.3\.1\.1\.1 as 1\.2\.3\.1\.1\.2$/;
  await assert.rejects(vfs.readFile(`${url}/${UIDS[1]}`), (error) => {
    assert(isVfsError(error) && error.kind === "Protocol", `${error}`);
    return reason.test(error.message);
  });
  await assert.rejects(vfs.copy(url, "memory:///copy"), { kind: "PartialFailure" });
  const stored = await Array.fromAsync(vfs.readDir("memory:///copy"), ({ name }) => name);
  assert.deepEqual(stored.sort(), [UIDS[0], UIDS[2]]);
});

Deno.test("of instances that come twice the first counts, and nothing of the others is kept", async () => {
  const order = [0, 0, 1, 2, 0, 1];
  let requests = 0;
  await using archive = lying(() => {
    requests++;
    return order.map((i, n) => {
      const sample = SAMPLES[i]!;
      return [sample.SOPInstanceUID, { ...sample, PixelData: new Uint8Array(2_000_000).fill(n) }];
    });
  });
  const { vfs, url } = archive;
  const names = await Array.fromAsync(vfs.readDir(url), ({ name }) => name);
  const last: (number | undefined)[] = [];
  for (const name of names.reverse()) last.push((await vfs.readFile(`${url}/${name}`)).at(-1));
  assert.deepEqual(last, [3, 2, 0]);
  assert.equal(requests, 1);
  // That no temporary file is left open is for the sanitizer to see.
});

Deno.test("an archive whose upper layer aborts the first C-GET is not taken for one that has none", async () => {
  let isFirst = true;
  await using archive = lying((uid, { association }) => {
    if (isFirst) layerOf(association).refuse(new PduError("the test wants it so"));
    isFirst = false;
    return SAMPLES.filter(({ SOPInstanceUID }) => uid === SOPInstanceUID)
      .map((sample) => [sample.SOPInstanceUID, sample]);
  });
  const read = () => archive.vfs.readFile(`${archive.url}/${UIDS[1]}`);
  const expected = { kind: "Unavailable", status: "temporary", message: /aborts C-GET; give/ };
  await assert.rejects(read(), expected);
  await read();
});

Deno.test("an archive that aborts once, after it has served C-GET, is asked again", async () => {
  await using archive = await world(SAMPLES);
  const read = (i: number) => archive.vfs.readFile(`${archive.url}/${SERIES}/${UIDS[i]}`);
  await read(0);
  archive.node.faults.inject({ service: "C-GET", abort: 0, times: 1 });
  await assert.rejects(read(1), { kind: "Unavailable", status: "temporary" });
  await read(1);
  await read(2);
});
