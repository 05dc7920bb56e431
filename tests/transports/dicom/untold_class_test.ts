import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { readFileMeta } from "../../../formats/mod.ts";
import { type DatasetInput, writeDicomDataset } from "../../../testing/dicom_writer.ts";
import {
  type Query,
  type Retrieval,
  serveDicom,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { getRequest } from "../../../transports/dicom/contexts.ts";
import { MR, type Sample, seriesOf } from "./_archive.ts";
import { before } from "./_liar.ts";

const JPEG_2000 = "1.2.840.10008.1.2.4.90";
const SAMPLES = seriesOf({ count: 3 });

/** An archive that tells no SOP classes, with images in JPEG 2000. */
function archive() {
  const asked: string[] = [];
  const matches = ({ identifier, transferSyntaxUID }: Query): Sample[] => {
    const keys = parseDicomHeader(identifier, { transferSyntaxUID });
    const uid = keys.string("SOPInstanceUID");
    return SAMPLES.filter((sample) => !uid || sample.SOPInstanceUID === uid);
  };
  const server = serveDicom({
    aeTitle: "LIAR",
    hostname: "127.0.0.1",
    port: 0,
    async *find(query: Query) {
      asked.push("C-FIND");
      const isImplicit = query.transferSyntaxUID === TRANSFER_SYNTAX.implicit;
      for (const { PixelData: _, SOPClassUID: __, ...row } of matches(query) as DatasetInput[]) {
        yield writeDicomDataset(row, isImplicit ? { transferSyntaxUID: "1.2.840.10008.1.2" } : {});
      }
    },
    get(query: Query) {
      asked.push("C-GET");
      const sent = matches(query);
      async function* instances(): Retrieval["instances"] {
        for (const sample of sent) {
          yield {
            sopClassUID: MR,
            sopInstanceUID: sample.SOPInstanceUID,
            transferSyntaxUID: JPEG_2000,
            dataset: writeDicomDataset(sample),
          };
        }
      }
      return Promise.resolve({ total: sent.length, instances: instances() });
    },
  });
  return { asked, ...before(server) };
}

Deno.test("read of a compressed instance works where an archive tells no SOP class, by the Modality of its series", async () => {
  await using untold = archive();
  const uid = SAMPLES[1]!.SOPInstanceUID;
  const file = await untold.vfs.readFile(`${untold.url}/${uid}`);
  const { transferSyntaxUID, sopInstanceUID } = await readFileMeta(file);
  assert.deepEqual([transferSyntaxUID, sopInstanceUID], [JPEG_2000, uid]);
});

Deno.test("copy of a compressed series takes one C-GET where an archive tells no SOP classes", async () => {
  await using untold = archive();
  const { vfs, url, asked } = untold;
  await vfs.copy(url, "memory:///untold");
  for (const { SOPInstanceUID } of SAMPLES) {
    const { transferSyntaxUID } = await readFileMeta(
      await vfs.readFile(`memory:///untold/${SOPInstanceUID}`),
    );
    assert.equal(transferSyntaxUID, JPEG_2000);
  }
  assert.equal(asked.filter((service) => service === "C-GET").length, 1);
});

Deno.test("getRequest() has 128 contexts at most, and offers explicit VR by itself, whatever is known", () => {
  const many = Array.from({ length: 200 }, (_, i) => `1.2.3.${i}`);
  for (const [classes, modality] of [[[], "MR"], [[], "US"], [[], ""], [[MR], ""], [many, ""]]) {
    const { contexts, roles } = getRequest(classes as string[], modality as string);
    assert(contexts.length > 10 && contexts.length <= 128);
    const named = new Set(contexts.slice(4).map(({ sopClassUID }) => sopClassUID));
    assert.deepEqual(new Set(roles!.map(({ sopClassUID }) => sopClassUID)), named);
  }
  assert.deepEqual(getRequest([], "MR").contexts[4], {
    sopClassUID: MR,
    transferSyntaxUIDs: ["1.2.840.10008.1.2.1"],
  });
});
