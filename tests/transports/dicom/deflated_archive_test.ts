import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { readFileMeta } from "../../../formats/mod.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import {
  type Association,
  type Query,
  serveDicom,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { MR, type Sample, seriesOf } from "./_archive.ts";
import { before } from "./_liar.ts";

const { deflated, explicit, implicit } = TRANSFER_SYNTAX;
const SAMPLES = seriesOf({ count: 3 });

/** An archive with images, which sends them as `syntaxOf` says for the association, wherever that was accepted. */
function archive(syntaxOf: (association: Association) => string) {
  const asked: string[] = [];
  const matches = ({ identifier, transferSyntaxUID }: Query): Sample[] => {
    const uid = parseDicomHeader(identifier, { transferSyntaxUID }).string("SOPInstanceUID");
    return SAMPLES.filter((sample) => !uid || sample.SOPInstanceUID === uid);
  };
  const server = serveDicom({
    aeTitle: "LIAR",
    port: 0,
    async *find(query: Query) {
      const options = query.transferSyntaxUID === implicit ? { transferSyntaxUID: implicit } : {};
      for (const { PixelData: _, ...row } of matches(query)) yield writeDicomDataset(row, options);
    },
    get(query: Query) {
      asked.push("C-GET");
      const sent = matches(query);
      const transferSyntaxUID = syntaxOf(query.association);
      const instances = sent.map((sample) => ({
        sopClassUID: MR,
        sopInstanceUID: sample.SOPInstanceUID,
        transferSyntaxUID,
        dataset: writeDicomDataset(sample, { transferSyntaxUID }),
      }));
      return Promise.resolve({ total: sent.length, instances: iterated(instances) });
    },
  });
  return { asked, ...before(server) };
}

async function* iterated<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function syntaxesCopied({ vfs, url }: ReturnType<typeof archive>): Promise<string[]> {
  await vfs.copy(url, "memory:///copied");
  const metas = await Array.fromAsync(
    SAMPLES,
    async ({ SOPInstanceUID }) =>
      await readFileMeta(await vfs.readFile(`memory:///copied/${SOPInstanceUID}`)),
  );
  return metas.map(({ transferSyntaxUID }) => transferSyntaxUID);
}

Deno.test("copy takes images as they are from an archive that deflates all for who offers that", async () => {
  await using eager = archive((association) =>
    association.contextFor(MR, deflated) ? deflated : explicit
  );
  assert.deepEqual(await syntaxesCopied(eager), [explicit, explicit, explicit]);
  assert.equal(eager.asked.length, 1);
});

Deno.test("copy takes deflated images from an archive that has them so and cannot inflate", async () => {
  await using stubborn = archive(() => deflated);
  assert.deepEqual(await syntaxesCopied(stubborn), [deflated, deflated, deflated]);
});
