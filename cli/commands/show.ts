/** `medvfs show`. @module */

import type { Raster, Window } from "../../pictures/mod.ts";
import { type CommandSpec, option, wholeNumber, wrong } from "../command.ts";
import { UsageError } from "../exit_code.ts";
import { save } from "../save_stream.ts";

interface ShowOptions {
  readonly output?: string;
  readonly frame?: number;
  readonly window?: Window;
  readonly size?: number;
  readonly sheet?: number;
}

const WIDEST_TEXT = 100;

/** Shows DICOM images. */
export const show: CommandSpec<ShowOptions> = {
  name: "show",
  summary: "make a picture of a DICOM image or series",
  operands: "<url>",
  details:
    `Of a file the middle frame is shown, of a directory a contact sheet of the images in it and below, in
slice order. Without --output the picture is drawn in characters. Brightness is what the image asks for, or what most
of its pixels need. Only the header and the frame that is shown are read. It is for a look, not for diagnosis.`,
  options: [
    option("-o, --output <url>", "write a PNG file; - is the output", pngPlace),
    option("--frame <n>", "this frame, counted from 1", wholeNumber(1)),
    option(
      "--window <center,width>",
      "values shown from black to white, such as 40,400 for soft tissue in CT",
      parseWindow,
    ),
    option("--size <n>", "longest side of a picture in pixels", wholeNumber(1)),
    option("--sheet <n>", "a contact sheet of n images, or of n frames of a file", wholeNumber(1)),
  ],
  examples: [
    ["show /data/study/1.dcm", "a first look, in characters"],
    ["show -o slice.png --window 40,400 /data/study/1.dcm", "as PNG, with a window"],
    ["show -o sheet.png --sheet 9 xnat://xnat.example.org/BRAIN/S1/E1/1", "nine slices of a scan"],
    ["show -o - --size 64 /data/study/1.dcm > small.png", "a thumbnail, through a pipe"],
  ],
  async run(context, operands, { output, frame, window, size, sheet }) {
    const { vfs, signal, console } = context;
    if (frame !== undefined && sheet !== undefined) {
      throw new UsageError("--frame and --sheet exclude each other");
    }
    const [{ pictureAt, sheetAt }, { encodePng, textPicture }] = await Promise.all([
      import("../../display/picture_at.ts"),
      import("../../pictures/mod.ts"),
    ]);
    await context.each(operands, async ({ where }) => {
      const isSheet = sheet !== undefined || await vfs.isDirectory(where, { signal });
      const concurrency = context.concurrency(8);
      const picture: Raster = isSheet
        ? await sheetAt(vfs, where, { count: sheet, window, size, signal, concurrency })
        : await pictureAt(vfs, where, { frame, window, size, signal });
      if (output !== undefined) {
        return await save(context, new Blob([await encodePng(picture)]).stream(), output);
      }
      const columns = Math.min(WIDEST_TEXT, console.stderr.columns - 1);
      for (const line of textPicture(picture, columns)) console.line(line);
    });
  },
};

function pngPlace(text: string): string {
  if (text === "-" || /\.png$/i.test(text)) return text;
  throw wrong('It must be a place that ends with ".png", or "-".');
}

function parseWindow(text: string): Window {
  const [center, width] = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (
    /^[^,]*,[^,]*$/.test(text) && Number.isFinite(center) && Number.isFinite(width) && width! > 0
  ) {
    return { center: center!, width: width! };
  }
  throw wrong('It must be "center,width", such as "40,400", the width above 0.');
}
