import { encodePng, readPicture } from "../pictures/mod.ts";
import { writeDicomFile } from "../testing/dicom_writer.ts";
import { seededBytes } from "../testing/random.ts";
import type { Bench } from "./harness.ts";

const SIDE = 512;
const GOAL = "goal: 50 ms";

/** Thumbnails of a CT slice, from bytes in memory to PNG. */
export const pictures: Bench = {
  name: "pictures",
  what: "thumbnail of 128 pixels of a 512x512 CT slice as PNG",
  goals: [{ of: "readPicture, encodePng", to: GOAL, atMost: 1 }],
  rounds: 21,
  prepare() {
    const file = ctSlice();
    const show = async (size?: number) => {
      const png = await encodePng(await readPicture(file, { size }));
      if (png.length < 1000) throw new Error("No picture");
    };
    return Promise.resolve({
      subjects: [
        { name: "readPicture, encodePng", run: () => show(128) },
        { name: "the same in full size", run: () => show() },
        { name: GOAL, run: () => Promise.resolve(50) },
      ],
    });
  },
};

/** A slice of noise in a disk, as DICOM. */
export function ctSlice(): Uint8Array<ArrayBuffer> {
  const noise = seededBytes(1, SIDE * SIDE);
  const pixels = Int16Array.from(noise, (byte, i) => {
    const distance = Math.hypot(i % SIDE - SIDE / 2, Math.floor(i / SIDE) - SIDE / 2);
    return (distance < 200 ? 1064 : 24) + byte / 8;
  });
  return writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
    SOPInstanceUID: "2.25.1",
    Rows: SIDE,
    Columns: SIDE,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleSlope: 1,
    RescaleIntercept: -1024,
    WindowCenter: 40,
    WindowWidth: 400,
    PixelData: pixels,
  });
}
