/**
 * Gets a study into a folder; prints how long that took without the start of the process.
 *
 *     dimse_get.ts PORT STUDY FOLDER
 */

import {
  cGet,
  contextsOf,
  QUERY_RETRIEVE,
  requestAssociation,
} from "../transports/dicom/dimse/mod.ts";
import { fileSink } from "./dimse_sink.ts";
import { printPeakMemory } from "./harness.ts";

const [port, StudyInstanceUID, folder] = Deno.args;
const CT = "1.2.840.10008.5.1.4.1.1.2";
const [contexts] = contextsOf([
  [QUERY_RETRIEVE.study.get, "1.2.840.10008.1.2"],
  [CT, "1.2.840.10008.1.2.1"],
]);

const begin = performance.now();
const association = await requestAssociation({
  hostname: "127.0.0.1",
  port: Number(port),
  calledAET: "ARCHIVE",
  contexts: contexts!,
  roles: [{ sopClassUID: CT, scu: false, scp: true }],
});
const result = await cGet(association, {
  identifier: { QueryRetrieveLevel: "STUDY", StudyInstanceUID: StudyInstanceUID! },
  onInstance: (instance) => fileSink(folder!, instance),
});
await association.release();
console.log(`operation ${performance.now() - begin} ms, ${result.completed} instances`);
await printPeakMemory();
