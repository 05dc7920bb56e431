/** The conformance of storing: against a node that files what it gets, where reading is tested already. */

import { parseDicomHeader, readFileMeta } from "../../../formats/mod.ts";
import { conformance, type Connected, connectForTest } from "../../../testing/mod.ts";
import { conformanceCases } from "../../../testing/conformance.ts";
import { serveDicomNode } from "../../../testing/dicom_node/mod.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { encodeName } from "../../../transports/dicom/names.ts";
import { stack } from "../../../vfs/layers/stack.ts";
import { file, SYNTAX } from "./_store_kit.ts";

const specimens = [
  file(1, { PatientID: "P/1", StudyInstanceUID: "2.25.11", SeriesInstanceUID: "2.25.12" }),
  file(2, { PatientID: "P 2", StudyInstanceUID: "2.25.21", SeriesInstanceUID: "2.25.22" }, {
    transferSyntaxUID: SYNTAX.implicit,
  }),
  file(3, {
    PatientID: "P3",
    StudyInstanceUID: "2.25.31",
    SeriesInstanceUID: "2.25.32",
    PixelData: new Uint8Array(300_000).fill(3),
  }),
].map((bytes) => {
  const header = parseDicomHeader(bytes);
  const [patient = "", ...uids] = [
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
  ].map((name) => header.string(name) ?? "");
  return { path: [encodeName(patient), ...uids].join("/"), bytes };
});

/** File meta information is made anew on the way back; the dataset is not. */
async function datasetOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return bytes.subarray((await readFileMeta(bytes)).datasetOffset);
}

async function connected(): Promise<Connected> {
  const node = await serveDicomNode({ aeTitle: "NODE" });
  const made = await connectForTest(
    dicomTransport({ listingTtlMs: 0 }),
    `dicom://127.0.0.1:${node.port}/NODE`,
  );
  return { ...made, dispose: async () => await node[Symbol.asyncDispose]() };
}

const { capabilities } = dicomTransport();
const subject = {
  transport: connected,
  capabilities,
  cases: conformanceCases.filter(({ group }) => group === "content"),
  // Of other groups nothing is run, and so nothing is shown.
  mask: { query: false, getMany: undefined, getManyAtOnce: undefined },
  specimens,
  essence: datasetOf,
};

conformance({ name: "dicom storing", ...subject });

conformance({ name: "dicom storing, layered", ...subject, layers: (inner) => stack(inner) });
