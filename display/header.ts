/**
 * DICOM headers, a row an element.
 *
 * @module
 */

import { dumpLines, elementText } from "../formats/dicom/dump.ts";
import { tagLabel } from "../formats/dicom/tag.ts";
import type { DicomElement, DicomHeader } from "../formats/mod.ts";
import { byteSize, counted, printable } from "../formats/text.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { htmlTable } from "./table.ts";

const MOST_ELEMENTS = 300;
const MOST_LINES = 500;
const MOST_WARNINGS = 10;
const WIDEST = 120;
const HEADINGS = ["tag", "keyword", "VR", "value"];

/** The elements of a DICOM header, a row each. What is in sequences is only counted; the text tells it. */
export function displayHeader(header: DicomHeader): Rich {
  const elements = [...header.meta, ...header];
  const rows = elements.slice(0, MOST_ELEMENTS).map(rowOf);
  const { pixelData, warnings } = header;
  if (pixelData) {
    const { tagNumber, vr, length } = pixelData;
    const size = length === undefined ? "encapsulated" : byteSize(length);
    rows.push([tagLabel(tagNumber), "", vr, `[${size}]`]);
  }
  const said = elements.length > MOST_ELEMENTS
    ? `${elements.length} elements, the first ${MOST_ELEMENTS} are shown`
    : counted(elements.length, "element");
  const notes = [said, ...warnings.slice(0, MOST_WARNINGS).map(({ text }) => printable(text, 200))];
  const lines = dumpLines(header).take(MOST_LINES + 1).toArray();
  if (lines.length > MOST_LINES) lines[MOST_LINES] = "…";
  return new Rich(
    htmlTable(HEADINGS, rows) + notes.map((note) => element("p", {}, escapeHtml(note))).join(""),
    lines.join("\n"),
  );
}

function rowOf(element: DicomElement): string[] {
  const { tagNumber, keyword = "", vr } = element;
  return [tagLabel(tagNumber), keyword, vr, elementText(element, WIDEST)];
}
