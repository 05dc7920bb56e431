/**
 * A synthetic head with a lesion, as the DICOM files of a CT and an MR examination.
 *
 * @module
 */

import { type DatasetInput, writeDicomFile } from "./dicom_writer.ts";
import { lesionOf, type Plane, type Vector } from "./phantom_head.ts";
import { type PhantomIdentity, phantomUID } from "./phantom_identity.ts";
import { contextAttributes, pixelAttributes, planeAttributes } from "./phantom_image.ts";
import { CT_SERIES, MR_SERIES, type PhantomSeries } from "./phantom_series.ts";
import { seededRandom, seedOf } from "./random.ts";

/** Who is examined, when and with what. */
export interface PhantomOptions {
  /** Same seed, same bytes; 1. It decides UIDs, noise and the lesion's place. */
  seed?: number;
  /** PatientID and first path segment; `PHANTOM-1`. */
  patientID?: string;
  /** PatientName in any script, written as UTF-8 (`ISO_IR 192`); `Phantom^Head`. */
  patientName?: string;
  /** Day of the examination, `YYYYMMDD`; `20190207`. */
  studyDate?: string;
  /** Studies to make, each of one modality; both. */
  modalities?: readonly ("CT" | "MR")[];
  /** Transfer syntax of the datasets, an uncompressed one; explicit VR little endian. */
  transferSyntaxUID?: string;
}

/** One DICOM file of a phantom. */
export interface PhantomInstance {
  /** Patient, study, series and file name, `["PHANTOM-1", "20190207-MR-HEAD", "2-T1", "Image_00001.dcm"]`. */
  readonly path: readonly string[];
  /** The file's content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What it shows, in words. */
  readonly description: string;
  /** Its StudyInstanceUID. */
  readonly studyInstanceUID: string;
  /** Its SeriesInstanceUID. */
  readonly seriesInstanceUID: string;
  /** Its SOPInstanceUID. */
  readonly sopInstanceUID: string;
  /** Its SOPClassUID. */
  readonly sopClassUID: string;
}

/**
 * Makes a CT study (localizer, 16 axial slices, a colour chart) and an MR study (localizer, 16
 * tilted T1 slices, 4 times 6 dynamic slices, a cine) of one head: 62 files of 128 x 128 pixels,
 * 33 KB each but for the cine of 12 frames. Made one by one, as they are asked for.
 *
 * @example
 * ```ts
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const paths: string[] = [];
 * for await (const { path } of phantomStudy({ modalities: ["MR"] })) {
 *   paths.push(path.join("/"));
 * }
 * assert.equal(paths.length, 44);
 * assert.equal(paths[0], "PHANTOM-1/20190207-MR-HEAD/1-LOCALIZER/Image_00001.dcm");
 * ```
 */
export async function* phantomStudy(
  options: PhantomOptions = {},
): AsyncGenerator<PhantomInstance, void, void> {
  const who: PhantomIdentity = {
    seed: options.seed ?? 1,
    patientID: options.patientID ?? "PHANTOM-1",
    patientName: options.patientName ?? "Phantom^Head",
    studyDate: options.studyDate ?? "20190207",
  };
  for (const study of options.modalities ?? ["CT", "MR"]) {
    for (const series of study === "CT" ? CT_SERIES : MR_SERIES) {
      yield* instances(who, study, series, options.transferSyntaxUID);
    }
  }
}

/**
 * Makes the studies of three patients, `PHANTOM-1` to `PHANTOM-3`, whose names are written in
 * Latin, Japanese (three component groups) and Cyrillic letters.
 */
export async function* phantomArchive(
  options: Omit<PhantomOptions, "patientID" | "patientName"> = {},
): AsyncGenerator<PhantomInstance, void, void> {
  const seed = options.seed ?? 1;
  const names = ["Phantom^Jörg", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Фантомов^Иван"];
  for (const [index, patientName] of names.entries()) {
    const patientID = `PHANTOM-${index + 1}`;
    yield* phantomStudy({ ...options, seed: seed + index, patientID, patientName });
  }
}

/** One instance to be: what it shows and what only it has. */
interface Shot {
  readonly planes: readonly Plane[];
  readonly times: readonly number[];
  readonly attributes: DatasetInput;
  readonly description: string;
}

function* instances(
  who: PhantomIdentity,
  study: string,
  series: PhantomSeries,
  transferSyntaxUID: string | undefined,
): Generator<PhantomInstance, void, void> {
  const lesion = lesionOf(seededRandom(seedOf(who.seed, who.patientID)));
  const start = 9 * 3600 + series.number * 300;
  const context = contextAttributes(series, who, study, clock(start));
  let number = 0;
  for (const shot of series.kind === "single" ? singles(who, study, series) : [whole(series)]) {
    number++;
    const sopInstanceUID = phantomUID(who, `${study}/${series.number}/${number}`);
    const taken = clock(start + (shot.times[0] ?? 0));
    const bytes = writeDicomFile({
      ...context,
      SOPClassUID: series.sopClassUID,
      SOPInstanceUID: sopInstanceUID,
      InstanceNumber: number,
      ContentDate: who.studyDate,
      ContentTime: taken,
      ...series.attributes,
      ...shot.attributes,
      ...pixelAttributes(series, shot.planes, shot.times, who, lesion),
    }, { transferSyntaxUID });
    yield {
      path: [
        who.patientID,
        `${who.studyDate}-${study}-HEAD`,
        `${series.number}-${series.description}`,
        `Image_${String(number).padStart(5, "0")}.dcm`,
      ],
      bytes,
      description: `${study} ${series.description} ${shot.description}`,
      studyInstanceUID: phantomUID(who, study),
      seriesInstanceUID: phantomUID(who, `${study}/${series.number}`),
      sopInstanceUID,
      sopClassUID: series.sopClassUID,
    };
  }
}

function* singles(
  who: PhantomIdentity,
  study: string,
  series: PhantomSeries,
): Generator<Shot, void, void> {
  const { planes, times } = series;
  for (const [t, time] of times.entries()) {
    for (const [s, plane] of planes.entries()) {
      yield {
        planes: [plane],
        times: [time],
        description: `slice ${s + 1} of ${planes.length}` +
          (times.length > 1 ? ` at ${time} s` : ""),
        attributes: {
          ...planeAttributes(plane),
          SliceLocation: sliceLocation(plane),
          FrameOfReferenceUID: phantomUID(who, `${study}/frame`),
          PositionReferenceIndicator: "",
          PatientPosition: "HFS",
          AcquisitionNumber: t + 1,
          AcquisitionDate: who.studyDate,
          AcquisitionTime: clock(9 * 3600 + series.number * 300 + time),
          ...(times.length > 1 ? { TemporalPositionIdentifier: t + 1 } : {}),
        },
      };
    }
  }
}

function whole({ planes, times, kind }: PhantomSeries): Shot {
  const multiframe = kind === "multiframe";
  return {
    planes,
    times,
    description: multiframe ? `of ${times.length} frames` : "in colour",
    attributes: multiframe ? { NumberOfFrames: times.length } : {},
  };
}

/** Distance of a plane from the centre along its normal, in mm. */
function sliceLocation({ position, row, column }: Plane): number {
  const normal: Vector = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const distance = position.reduce((sum, x, i) => sum + x * normal[i]!, 0);
  return Math.round(distance * 1e6) / 1e6 + 0;
}

/** Seconds of the day as a DICOM time. */
function clock(seconds: number): string {
  return [seconds / 3600, seconds / 60 % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0")).join("");
}
