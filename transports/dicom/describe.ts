/**
 * One line for people about a patient, study, series or instance.
 *
 * @module
 */

import { withoutTail } from "../../formats/text.ts";
import { numberOf, type QueryLevel, type Row, textOf } from "./model.ts";

/** `Doe^Jane` · `2019.02.07 14:05:16 ACC1 Head` · `#14: 9 MR fl3d_dynamic` · `3 1x192x152`; empty when nothing is known. */
export function labelOf(level: QueryLevel, row: Row): string {
  switch (level) {
    case "PATIENT":
      return nameText(textOf(row, "PatientName"));
    case "STUDY":
      return joined(
        dateText(textOf(row, "StudyDate")),
        timeText(textOf(row, "StudyTime")),
        textOf(row, "AccessionNumber"),
        textOf(row, "StudyDescription"),
      );
    case "SERIES": {
      const number = textOf(row, "SeriesNumber");
      return joined(
        number === "" ? "" : `#${number}:`,
        textOf(row, "NumberOfSeriesRelatedInstances"),
        textOf(row, "Modality"),
        textOf(row, "SeriesDescription"),
      );
    }
    case "IMAGE":
      return joined(textOf(row, "InstanceNumber"), extentText(row));
  }
}

/** A name without the delimiters of empty components at its end. */
function nameText(name: string): string {
  return withoutTail(name, /[=^\s]/);
}

function dateText(date: string): string {
  return /^\d{8}$/.test(date) ? date.replace(/(....)(..)(..)/, "$1.$2.$3") : date;
}

/** Hours, minutes and seconds, as far as they are given. */
function timeText(time: string): string {
  const digits = time.replaceAll(":", "").split(".", 1)[0]!;
  return /^\d{2,6}$/.test(digits) ? digits.match(/\d{1,2}/g)!.join(":") : time;
}

function extentText(row: Row): string {
  const rows = numberOf(row, "Rows");
  const columns = numberOf(row, "Columns");
  if (rows === undefined || columns === undefined) return "";
  return `${numberOf(row, "NumberOfFrames") ?? 1}x${rows}x${columns}`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
