/**
 * A node with the index of COUNT studies made by code, a thousand days of them, until its input ends; one of the days has
 * half of all. Prints its port. No answer has more than LIMIT studies.
 *
 *     dimse_archive.ts COUNT LIMIT INDEX_FILE
 */

import { Faults } from "../testing/dicom_node/faults.ts";
import { Folder } from "../testing/dicom_node/folder.ts";
import { InstanceIndex } from "../testing/dicom_node/index/instance_index.ts";
import type { InstanceRecord } from "../testing/dicom_node/record.ts";
import { RequestLog } from "../testing/dicom_node/request_log.ts";
import { handlersOf } from "../testing/dicom_node/services.ts";
import { UnderWay } from "../testing/dicom_node/under_way.ts";
import { serveDicom } from "../transports/dicom/dimse/mod.ts";
import { systemClock } from "../vfs/concurrency/clock.ts";
import { NEVER } from "../vfs/concurrency/signals.ts";
import { createVfs } from "../vfs/create_vfs.ts";

const [count, limit, file] = Deno.args;
const BATCH = 20_000;
const DAYS = 1_000;
const FIRST_DAY = Date.UTC(2017, 0, 1);

function studyOf(n: number): InstanceRecord {
  // Every other of one day.
  const day = n % 2 === 0 ? 500 : n % DAYS;
  const date = new Date(FIRST_DAY + 86_400_000 * day).toISOString().slice(0, 10);
  const time = new Date((n * 7_919 % 86_400) * 1_000).toISOString().slice(11, 19);
  return {
    values: {
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
      SOPInstanceUID: `2.25.${n}.0.0`,
      StudyDate: date.replaceAll("-", ""),
      StudyTime: time.replaceAll(":", ""),
      AccessionNumber: `A${n}`,
      Modality: "CT",
      PatientName: `Bench^${n}`,
      PatientID: `P${n >> 2}`,
      StudyInstanceUID: `2.25.${n}`,
      SeriesInstanceUID: `2.25.${n}.0`,
      SeriesNumber: "1",
      InstanceNumber: "1",
    },
    transferSyntaxUID: "1.2.840.10008.1.2.1",
    file: { path: `${n}.dcm`, size: 1_000, mtime: 0, datasetOffset: 300 },
  };
}

await using vfs = createVfs();
await using folder = await Folder.open(vfs, "memory:///archive", NEVER);
using index = new InstanceIndex(file);
for (let n = 0; n < Number(count); n += BATCH) {
  index.put(Array.from({ length: Math.min(BATCH, Number(count) - n) }, (_, i) => studyOf(n + i)));
}
const world = {
  aeTitle: "ANY",
  index,
  folder,
  faults: new Faults(),
  log: new RequestLog(() => {}),
  clock: systemClock,
  peers: {},
  relational: "negotiated",
  duplicates: "refuse",
  isExclusive: true,
  underWay: new UnderWay(systemClock),
  limit: { results: Number(limit), then: "cancel" },
  isIndexed: true,
} as const;
await using server = serveDicom({
  ...handlersOf(world, new Set(["C-FIND"])),
  aeTitle: "ANY",
  port: 0,
});
console.log(server.port);
for await (const _ of Deno.stdin.readable);
