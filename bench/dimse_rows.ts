/**
 * Answers each C-FIND by so many rows until its input ends; prints its port. With a port: asks for them all.
 *
 *     dimse_rows.ts serve COUNT
 *     dimse_rows.ts ask PORT
 */

import { writeDicomDataset } from "../testing/dicom_writer.ts";
import {
  cFind,
  contextsOf,
  QUERY_RETRIEVE,
  requestAssociation,
  serveDicom,
} from "../transports/dicom/dimse/mod.ts";
import { printPeakMemory } from "./harness.ts";

const [what, number] = Deno.args;
if (what === "serve") {
  const { port } = serveDicom({
    aeTitle: "ANY",
    port: 0,
    async *find({ transferSyntaxUID }) {
      for (let n = 0; n < Number(number); n++) {
        const row = { StudyInstanceUID: `2.25.${n}`, PatientID: `P${n}`, PatientName: `N^${n}` };
        yield await Promise.resolve(
          writeDicomDataset({ ...row, StudyDate: "20190207" }, { transferSyntaxUID }),
        );
      }
    },
  });
  console.log(port);
  for await (const _ of Deno.stdin.readable);
  Deno.exit();
}

const begin = performance.now();
const association = await requestAssociation({
  hostname: "127.0.0.1",
  port: Number(number),
  calledAET: "ANY",
  contexts: contextsOf([[QUERY_RETRIEVE.study.find, "1.2.840.10008.1.2.1"]])[0]!,
});
const keys = { StudyInstanceUID: "", PatientID: "", PatientName: "", StudyDate: "" };
let rows = 0;
for await (
  const { dataset } of cFind(association, { identifier: { QueryRetrieveLevel: "STUDY", ...keys } })
) {
  if (dataset.string("StudyInstanceUID")) rows++;
}
await association.release();
console.log(`operation ${performance.now() - begin} ms, ${rows} rows`);
await printPeakMemory();
