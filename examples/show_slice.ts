import type { DicomHeader } from "@medvfs/vfs";

const SHADES = " .:-=+*#%@";
const COLUMNS = 64;

/** An uncompressed 16-bit monochrome image as lines of text, twice as many columns as rows. */
export function showSlice(header: DicomHeader, pixels: Uint8Array<ArrayBuffer>): string[] {
  const rows = header.number("Rows") ?? 0;
  const columns = header.number("Columns") ?? 0;
  const signed = header.number("PixelRepresentation") === 1;
  const bytes = pixels.slice().buffer;
  const values = signed ? new Int16Array(bytes) : new Uint16Array(bytes);
  const slope = header.number("RescaleSlope") ?? 1;
  const intercept = header.number("RescaleIntercept") ?? 0;
  const center = header.number("WindowCenter") ?? 40;
  const width = header.number("WindowWidth") ?? 400;

  const step = columns / COLUMNS;
  const lines: string[] = [];
  for (let row = step / 2; row < rows; row += 2 * step) {
    let line = "";
    for (let column = step / 2; column < columns; column += step) {
      const stored = values[Math.floor(row) * columns + Math.floor(column)] ?? 0;
      const shade = (stored * slope + intercept - center) / width + 0.5;
      line += SHADES[Math.round(Math.min(1, Math.max(0, shade)) * (SHADES.length - 1))];
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
