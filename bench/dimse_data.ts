/** Objects to send: files of one class, in folders. */

import { writeDicomFile } from "../testing/dicom_writer.ts";
import { makeSeries } from "./series.ts";

/** What to make: how many objects of how many bytes. */
export interface Objects {
  readonly count: number;
  readonly bytes: number;
}

/** 1,000 CT slices of 0.5 MB, with headers as scanners write them. */
export const CT = { count: 1000, bytes: 524_288 };

/** Writes `count` objects with `bytes` of pixels each, all of one study, and tells the study's UID. */
export async function makeObjects(top: string, { count, bytes }: Objects): Promise<string> {
  if (bytes === CT.bytes) {
    await makeSeries(top, count);
    return "2.25.4711";
  }
  await Deno.mkdir(top, { recursive: true });
  const noise = crypto.getRandomValues(new Uint8Array(65536));
  const pixels = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += noise.length) {
    pixels.set(noise.subarray(0, bytes - at), at);
  }
  for (let n = 0; n < count; n++) {
    const file = writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
      SOPInstanceUID: `2.25.4713.${bytes}.${n}`,
      StudyDate: "20190207",
      StudyTime: "140516",
      AccessionNumber: "ACC1",
      Modality: "CT",
      PatientName: "Bench^Mark",
      PatientID: "BENCH1",
      StudyInstanceUID: `2.25.4713.${bytes}`,
      SeriesInstanceUID: `2.25.4713.${bytes}.0`,
      StudyID: "1",
      SeriesNumber: 1,
      InstanceNumber: n,
      PixelData: pixels,
    });
    await Deno.writeFile(`${top}/${n}.dcm`, file);
  }
  return `2.25.4713.${bytes}`;
}
