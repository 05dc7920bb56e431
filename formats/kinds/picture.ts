/**
 * One line about a PNG or JPEG file.
 *
 * @module
 */

/** Describes a PNG file by its first chunk (RFC 2083 §4.1.1). */
export function describePng(bytes: Uint8Array): string {
  if (bytes.length < 24) return "PNG (truncated)";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return `PNG ${view.getUint32(20)}x${view.getUint32(16)}`;
}

/** Describes a JPEG file by its frame header (ITU-T T.81 §B.2.2), rows first. */
export function describeJpeg(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length && view.getUint8(at) === 0xFF) {
    const marker = view.getUint8(at + 1);
    if (isFrameHeader(marker)) {
      return `JPEG ${view.getUint16(at + 5)}x${view.getUint16(at + 7)}`;
    }
    at += 2 + view.getUint16(at + 2);
  }
  return "JPEG";
}

function isFrameHeader(marker: number): boolean {
  // SOF0 to SOF15 without DHT, JPG and DAC; SOF55 is JPEG-LS's.
  return marker === 0xF7 ||
    (marker >= 0xC0 && marker <= 0xCF && ![0xC4, 0xC8, 0xCC].includes(marker));
}
