import { entries, readDicomHeader } from "../mod.ts";
import { type Bench, peakMemory, PYTHON, runProgram, whyMissing } from "./harness.ts";
import { makeSeries } from "./series.ts";

const FILES = 5000;

const PYDICOM = `
import os, sys, time
import pydicom
start = time.perf_counter()
count = 0
for root, _, files in os.walk(sys.argv[1]):
    for name in files:
        d = pydicom.dcmread(os.path.join(root, name), stop_before_pixels=True)
        count += d.Rows > 0 and d.SeriesInstanceUID != ""
print((time.perf_counter() - start) * 1000, count)
`;

/** Reading what a list shows of each of many DICOM files. */
export const headers: Bench = {
  name: "headers",
  what: "header of 5,000 CT instances of 512 KiB",
  goals: [{ of: "dcmjs, whole files", to: "medvfs readDicomHeader", atLeast: 10 }],
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    await makeSeries(top, FILES);
    const script = new URL("./headers_peak.ts", import.meta.url);
    return {
      subjects: [
        { name: "medvfs readDicomHeader", run: () => scan(top, FILES) },
        { name: "dcmjs, whole files", run: () => scanWithDcmjs(top) },
        {
          name: "pydicom, to the pixels (inside)",
          run: async () => parseFloat(await runProgram(PYTHON, "-c", PYDICOM, top)),
          missing: await whyMissing(PYTHON, "-c", "import pydicom"),
        },
      ],
      figures: async () => ({
        "500 files, peak MiB": await peakMemory(script, top, "500", "1"),
        "5,000 files, peak MiB": await peakMemory(script, top, String(FILES), "1"),
        "5,000 files four times, peak MiB": await peakMemory(script, top, String(FILES), "4"),
      }),
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};

/** Reads the first `count` headers below `top`, 16 at once. */
export async function scan(top: string, count: number): Promise<void> {
  const found = entries(top, { includeDirs: false });
  let read = 0;
  const worker = async () => {
    while (true) {
      const next = await found.next();
      if (next.done || read >= count) return;
      read++;
      const header = await readDicomHeader(next.value.location);
      const rows = header.number("Rows");
      if (!rows || !header.string("SeriesInstanceUID")) {
        throw new Error(`No header in ${next.value.url}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await found.return();
  if (read !== count) throw new Error(`Read ${read} of ${count} headers`);
}

async function scanWithDcmjs(top: string): Promise<void> {
  const { default: dcmjs } = await import("dcmjs");
  dcmjs.log.setLevel("silent");
  for await (const { location } of entries(top, { includeDirs: false })) {
    const bytes = await Deno.readFile("/" + location.segments.join("/"));
    const { dict } = dcmjs.data.DicomMessage.readFile(bytes.buffer);
    const data = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    if (!data.Rows || !data.SeriesInstanceUID) throw new Error(`No header in ${location.href}`);
  }
}
