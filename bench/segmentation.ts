import { niftiToSeg, segToNifti } from "../datastore/segmentation/mod.ts";
import { type Bench, peakMemory, PYTHON, runProgram, type Subject, whyMissing } from "./harness.ts";
import { ctFiles, ctHeaders, ringMask, SEGMENTS } from "./segmentation_volume.ts";

const HIGHDICOM = `
import pathlib, sys, time, warnings
import highdicom as hd, nibabel, numpy as np, pydicom
warnings.simplefilter("ignore")
folder = pathlib.Path(sys.argv[1])
images = [pydicom.dcmread(path) for path in sorted((folder / "ct").iterdir())]
tissue = pydicom.sr.codedict.codes.SCT.Tissue
manual = hd.seg.SegmentAlgorithmTypeValues.MANUAL
segments = [hd.seg.SegmentDescription(n, str(n), tissue, tissue, manual) for n in range(1, 6)]
start = time.perf_counter()
if sys.argv[2] == "write":
    labels = np.asarray(nibabel.load(folder / "mask.nii.gz").dataobj).transpose(2, 1, 0)
    hd.seg.Segmentation(images, labels, "BINARY", segments, hd.UID(), 2, hd.UID(), 1, "b", "b", "0", "0"
        ).save_as(folder / "highdicom.dcm")
else:
    seg = hd.seg.segread(folder / "highdicom.dcm")
    volume = seg.get_volume(combine_segments=True)
    nibabel.save(nibabel.Nifti1Image(volume.array.transpose(2, 1, 0), np.eye(4)), folder / "back.nii.gz")
print((time.perf_counter() - start) * 1000)
`;

const TO_SEG = "medvfs niftiToSeg";
const TO_NIFTI = "medvfs segToNifti, gzip";

/** Converting a mask to a segmentation, and back. */
export const segmentation: Bench = {
  name: "segmentation",
  what: "a mask of 512x512x300 with five labels to DICOM SEG and back; each < 3 s and < 600 MB",
  goals: [
    { of: TO_SEG, to: "highdicom, mask to SEG (inside)", atMost: 1 },
    { of: TO_NIFTI, to: "highdicom, SEG to mask (inside)", atMost: 1 },
  ],
  rounds: 3,
  async prepare() {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const series = ctHeaders();
    const mask = await ringMask(series);
    const seg = await niftiToSeg({ mask, series, segments: SEGMENTS });
    await Deno.mkdir(`${folder}/ct`);
    for (const [i, bytes] of ctFiles().entries()) {
      await Deno.writeFile(`${folder}/ct/${String(i).padStart(3, "0")}.dcm`, bytes);
    }
    await Deno.writeFile(`${folder}/mask.nii.gz`, mask);
    await Deno.writeFile(`${folder}/seg.dcm`, seg);
    const missing = await whyMissing(PYTHON, "-c", "import highdicom, nibabel");
    if (!missing) await runProgram(PYTHON, "-c", HIGHDICOM, folder, "write");
    const highdicom = (name: string, direction: string): Subject => ({
      name: `highdicom, ${name} (inside)`,
      missing,
      run: async () => parseFloat(await runProgram(PYTHON, "-c", HIGHDICOM, folder, direction)),
    });
    const script = new URL("./segmentation_peak.ts", import.meta.url);
    return {
      subjects: [
        {
          name: TO_SEG,
          run: async () => void await niftiToSeg({ mask, series, segments: SEGMENTS }),
        },
        highdicom("mask to SEG", "write"),
        { name: TO_NIFTI, run: async () => void await segToNifti({ seg, series, gzip: true }) },
        highdicom("SEG to mask", "read"),
      ],
      figures: async () => ({
        "niftiToSeg, peak MiB": await peakMemory(script, `${folder}/mask.nii.gz`, "seg"),
        "segToNifti, peak MiB": await peakMemory(script, `${folder}/seg.dcm`, "nifti"),
      }),
      dispose: () => Deno.remove(folder, { recursive: true }),
    };
  },
};
