/**
 * The size that a compressed frame claims, before a decoder makes room for it.
 *
 * @module
 */

/** What a compressed frame says that it holds. */
export interface CodedSize {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
}

/** Frame headers: of JPEG's processes, and of JPEG-LS. */
const FRAME_HEADERS = [0xC0, 0xC1, 0xC2, 0xC3, 0xF7];
const SCAN = 0xDA;

/** The size in the frame header of JPEG (ITU-T T.81 §B.2.2) or JPEG-LS (T.87 §C.2.2); undefined without one. */
export function jpegSize(coded: Uint8Array): CodedSize | undefined {
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  let at = 2;
  while (at + 10 <= coded.length && view.getUint8(at) === 0xFF) {
    const marker = view.getUint8(at + 1);
    if (marker === SCAN) return undefined;
    if (FRAME_HEADERS.includes(marker)) {
      return {
        bitsPerSample: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        componentCount: view.getUint8(at + 9),
      };
    }
    // A marker can have any number of FF before it.
    at += marker === 0xFF ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** Start of a codestream, and its SIZ marker. */
const START = [0xFF, 0x4F, 0xFF, 0x51];
const LONGEST_WRAPPING = 64 * 1024;
const SIZ_LENGTH = 45;

/** The size in the SIZ segment of JPEG 2000 (ITU-T T.800 §A.5.1), bare or in a JP2 file; undefined without one. */
export function jpeg2000Size(coded: Uint8Array): CodedSize | undefined {
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  const last = Math.min(coded.length - SIZ_LENGTH, LONGEST_WRAPPING);
  for (let at = 0; at <= last; at++) {
    if (START.some((byte, i) => coded[at + i] !== byte)) continue;
    return {
      width: view.getUint32(at + 8) - view.getUint32(at + 16),
      height: view.getUint32(at + 12) - view.getUint32(at + 20),
      componentCount: view.getUint16(at + 40),
      bitsPerSample: (view.getUint8(at + 42) & 0x7F) + 1,
    };
  }
  return undefined;
}
