/** `medvfs dump`. @module */

import type { DicomDataset } from "../../formats/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import { type CommandSpec, option, repeatable, SHARED, wholeNumber } from "../command.ts";
import { parseAttribute } from "../attribute.ts";
import { UsageError } from "../exit_code.ts";
import { csvRow } from "../format.ts";

interface DumpOptions {
  readonly tag?: readonly string[];
  readonly width?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Shows DICOM datasets. */
export const dump: CommandSpec<DumpOptions> = {
  name: "dump",
  summary: "show the header of DICOM files",
  operands: "<url...>",
  sources: "all",
  details:
    `A line per element: tag, VR, length in bytes, value, keyword; items of sequences are indented. With --json
the DICOM JSON model (PS3.18 Annex F), one line per file. With --csv a table of the elements that --tag names, one row
per file; what a spreadsheet would compute, such as =1+1, gets a ' before it, numbers such as -5 do not. The pixel data
is not read.`,
  options: [
    repeatable("--tag <name>", "only this element, by keyword or tag; may be repeated", String),
    option("--width <n>", "longest value shown, in characters", wholeNumber(8)),
    SHARED.json(),
    option("--csv", "one row per file, with the elements of --tag, for a spreadsheet"),
  ],
  examples: [
    ["dump /data/study/1.dcm", "the header of a file"],
    ["dump --tag PatientName --tag 0008,0060 /data/study/1.dcm", "two elements"],
    ["dump --json /data/study/1.dcm | jq '.[\"00100010\"]'", "as DICOM JSON"],
    [
      "find -0 /data --modality MR | medvfs dump -0 --from-file - --csv --tag PatientID --tag StudyDate > list.csv",
      "a list of what was found",
    ],
  ],
  async run(context, operands, { tag, width, json, csv }) {
    const { console, vfs, signal } = context;
    if (csv && (json || !tag)) {
      throw new UsageError("Cannot make a table: --csv goes with --tag, and without --json");
    }
    const formats = await import("../../formats/mod.ts");
    const tags = await Promise.all((tag ?? []).map(parseAttribute));
    if (csv) console.line(csvRow(["file", ...tag!]));
    await context.each(operands, async (operand) => {
      const header = await vfs.readDicomHeader(operand.where, { signal });
      let shown: DicomDataset = header;
      if (tags.length > 0) {
        shown = new formats.DicomDataset(header.context);
        shown.elements.push(...tags.flatMap((one) => header.element(one) ?? []));
      }
      if (csv) {
        const values = tags.map((name) => header.strings(name).join("\\"));
        console.line(csvRow([operand.show(), ...values].map(console.safe, console)));
      } else if (json) console.json(shown);
      else {
        if (operands.length > 1) console.line(`# ${console.safe(operand.show())}`);
        for (const line of formats.dumpLines(shown, { maxValueWidth: width })) {
          console.line(line);
          await console.drain();
        }
      }
      if (header.damage === undefined) return;
      throw new VfsError("Corrupt", {
        op: "read",
        url: operand.location.href,
        reason: `${header.damage.text} at byte ${header.damage.position}`,
      });
    });
  },
};
