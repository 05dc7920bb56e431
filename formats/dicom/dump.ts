/**
 * Headers as text, an element a line.
 *
 * @module
 */

import { byteSize, counted, printable } from "../text.ts";
import type { DicomDataset } from "./dataset.ts";
import type { DicomElement } from "./element.ts";
import { DicomHeader } from "./header.ts";
import { tagLabel } from "./tag.ts";
import { isBinary } from "./vr.ts";

/** How to write a dump. */
export interface DumpOptions {
  /** Longest value shown, in characters; 64. */
  maxValueWidth?: number;
}

/**
 * Writes a header as lines of text, one per element, nested ones indented:
 * tag, VR, length, value, keyword. The lines are safe to show on a terminal.
 *
 * @example
 * ```ts
 * import { dumpLines, parseDicomHeader } from "../mod.ts";
 *
 * const rows = [0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0, 0xC0, 0]; // Rows, US, 192
 * const header = parseDicomHeader(new Uint8Array(rows), {
 *   transferSyntaxUID: "1.2.840.10008.1.2.1",
 * });
 * const [line] = dumpLines(header);
 * console.assert(line === "(0028,0010) US     2  192  Rows");
 * ```
 */
export function* dumpLines(
  dataset: DicomDataset,
  options: DumpOptions = {},
): Generator<string> {
  const width = options.maxValueWidth ?? 64;
  if (!(dataset instanceof DicomHeader)) return yield* lines(dataset, "", width);
  yield* lines(dataset.meta, "", width);
  yield* lines(dataset, "", width);
  const { pixelData } = dataset;
  if (pixelData) {
    const { tagNumber, vr, length, valuePosition } = pixelData;
    const size = length === undefined ? "encapsulated" : byteSize(length);
    yield line(tagNumber, vr, length, `[${size} at ${valuePosition}]`, "", "");
  }
  for (const { code, position, text } of dataset.warnings) {
    yield `# ${code} at ${position}: ${printable(text, 200)}`;
  }
}

function* lines(
  dataset: DicomDataset,
  indent: string,
  width: number,
): Generator<string> {
  for (const element of dataset) {
    const { tagNumber, vr, length, items } = element;
    const name = element.keyword ?? privateName(element);
    yield line(tagNumber, vr, length, elementText(element, width), name, indent);
    for (const [index, item] of (items ?? []).entries()) {
      yield `${indent}  item ${index + 1}`;
      yield* lines(item, `${indent}    `, width);
    }
  }
}

function line(
  tag: number,
  vr: string,
  length: number | undefined,
  value: string,
  name: string,
  indent: string,
): string {
  const size = (length === undefined ? "-" : String(length)).padStart(5);
  return `${indent}${tagLabel(tag)} ${vr} ${size}  ${value}  ${name}`.trimEnd();
}

function privateName({ privateCreator }: DicomElement): string {
  return privateCreator === undefined ? "" : `[${printable(privateCreator)}]`;
}

/** A value as a line of text, at most `width` characters of it. */
export function elementText(element: DicomElement, width: number): string {
  const { items, bytes, length, vr, valuePosition } = element;
  if (items) return `[${counted(items.length, "item")}]`;
  if (!bytes) {
    const size = length === undefined ? "encapsulated" : byteSize(length);
    return `[${size} at ${valuePosition}]`;
  }
  if (!isBinary(vr)) return printable(element.texts.join("\\"), width);
  const hex = Array.from(
    bytes.subarray(0, width / 2),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return printable(hex + (bytes.length > width / 2 ? "…" : ""), width);
}
