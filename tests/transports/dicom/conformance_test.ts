import { conformance, type Connected, connectForTest } from "../../../testing/mod.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { stack } from "../../../vfs/layers/stack.ts";
import { writeDicomFile } from "../../../testing/mod.ts";
import { asRead, seriesOf, world } from "./_archive.ts";

const samples = [
  ...seriesOf({ count: 4 }),
  ...seriesOf({ series: 2, count: 1, bytes: 300_000 }),
  ...seriesOf({ study: 2, count: 2 }),
  ...seriesOf({ patient: "P/2 100%", study: 3, count: 2 }),
  ...seriesOf({ patient: "", study: 4, count: 1 }),
];
const names: Readonly<Record<string, string>> = { "P/2 100%": "P%2F2 100%25", "": "_" };
const files = Object.fromEntries(samples.map((sample) => {
  const { PatientID, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = sample;
  const patient = names[PatientID] ?? PatientID;
  const path = [patient, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID].join("/");
  return [path, asRead(writeDicomFile(sample))];
}));

async function connected(): Promise<Connected> {
  const archive = await world(samples);
  const made = await connectForTest(dicomTransport(), archive.url);
  return { ...made, dispose: () => archive[Symbol.asyncDispose]() };
}

const { capabilities } = dicomTransport();
// Here files are there already, in any number and shape; storing is tested where content names them.
const mask = { put: "none", naming: "path", looksFirst: undefined } as const;
const subject = { transport: connected, capabilities, mask, files, query: "Modality=MR" };

conformance({ name: "dicom", ...subject });

conformance({ name: "dicom, layered", ...subject, layers: (inner) => stack(inner) });
