/**
 * The attributes and pixels of the phantom's images.
 *
 * @module
 */

import type { DatasetInput } from "./dicom_writer.ts";
import { cutHead, type Plane, TISSUE, type Vector } from "./phantom_head.ts";
import { type PhantomIdentity, phantomUID } from "./phantom_identity.ts";
import type { PhantomSeries } from "./phantom_series.ts";
import { seededBytes, seedOf } from "./random.ts";

/** Red, green and blue by tissue. */
const COLOURS: readonly Vector[] = [
  [0, 0, 0],
  [230, 200, 140],
  [250, 250, 240],
  [130, 130, 130],
  [190, 190, 190],
  [60, 110, 220],
  [80, 200, 220],
  [200, 30, 30],
  [250, 220, 0],
  [255, 255, 255],
];

/** Geometry that images of a plane have, PS3.3 §C.7.6.2. */
export function planeAttributes(
  { position, row, column, spacing }: Plane,
): DatasetInput {
  return {
    ImagePositionPatient: position.map(tidy),
    ImageOrientationPatient: [...row, ...column].map(tidy),
    PixelSpacing: [spacing, spacing],
  };
}

// Minus zero and the last digits of a sine have no place in a decimal string.
function tidy(value: number): number {
  return Math.round(value * 1e9) / 1e9 + 0;
}

/** Image Pixel module of one instance: the cuts of `planes` at `times`, PS3.3 §C.7.6.3. */
export function pixelAttributes(
  series: PhantomSeries,
  planes: readonly Plane[],
  times: readonly number[],
  who: PhantomIdentity,
  lesion: Vector,
): DatasetInput {
  const { size } = planes[0]!;
  const colour = series.kind === "colour";
  const common: DatasetInput = {
    Rows: size,
    Columns: size,
    SamplesPerPixel: colour ? 3 : 1,
    PhotometricInterpretation: colour ? "RGB" : "MONOCHROME2",
    PixelRepresentation: 0,
  };
  const cuts = planes.map((plane) => marked(cutHead(plane, lesion), plane));
  if (colour) {
    return {
      ...common,
      PlanarConfiguration: 0,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelData: painted(cuts[0]!),
    };
  }
  const pixels = new Uint16Array(cuts.length * times.length * size * size);
  const name = `${series.description}/${times[0]}/${planes[0]!.position}`;
  const noise = seededBytes(seedOf(who.seed, name), pixels.length);
  let at = 0;
  for (const time of times) {
    const signal = series.signal(time);
    for (const cut of cuts) {
      for (const tissue of cut) {
        const value = signal[tissue]! + (noise[at]! - 127.5) / 64 * series.noise;
        pixels[at++] = Math.max(0, Math.round(value));
      }
    }
  }
  return { ...common, BitsAllocated: 16, PixelData: pixels };
}

/** Puts an "L" where rows end on the left side, so that a flipped picture is seen at once. */
function marked(cut: Uint8Array, { row, size }: Plane): Uint8Array {
  if (row[0] !== 1) return cut;
  for (let y = 56; y < 72; y++) {
    const width = y < 69 ? 3 : 9;
    const at = y * size + size - 12;
    cut.fill(TISSUE.marker, at, at + width);
  }
  return cut;
}

function painted(cut: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(cut.length * 3);
  cut.forEach((tissue, at) => pixels.set(COLOURS[tissue]!, at * 3));
  return pixels;
}

/** Patient, study, series and equipment modules, PS3.3 §C.7.1 to §C.7.5. */
export function contextAttributes(
  series: PhantomSeries,
  who: PhantomIdentity,
  study: string,
  time: string,
): DatasetInput {
  return {
    SpecificCharacterSet: "ISO_IR 192",
    PatientName: who.patientName,
    PatientID: who.patientID,
    PatientBirthDate: "19700101",
    PatientSex: "O",
    PatientAge: "049Y",
    PatientWeight: 70,
    StudyInstanceUID: phantomUID(who, study),
    StudyDate: who.studyDate,
    StudyTime: "090000",
    StudyID: study,
    StudyDescription: `${study} HEAD`,
    AccessionNumber: `${who.studyDate}${study}`,
    ReferringPhysicianName: "",
    Modality: series.modality,
    SeriesInstanceUID: phantomUID(who, `${study}/${series.number}`),
    SeriesNumber: series.number,
    SeriesDescription: series.description,
    SeriesDate: who.studyDate,
    SeriesTime: time,
    ProtocolName: `HEAD ${series.description}`,
    BodyPartExamined: "HEAD",
    Manufacturer: "medvfs",
    ManufacturerModelName: "Phantom",
    InstitutionName: "Phantom Hospital",
    SoftwareVersions: "1",
  };
}
