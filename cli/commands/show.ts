/** `medvfs show`. @module */

import type { Raster, Window } from "../../pictures/mod.ts";
import type { VfsError } from "../../vfs/errors.ts";
import { type CommandSpec, option, wholeNumber, wrong } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit_code.ts";
import { Operand } from "../operand.ts";
import { save } from "../save_stream.ts";

interface ShowOptions {
  readonly output?: string;
  readonly frame?: number;
  readonly window?: Window;
  readonly size?: number;
  readonly sheet?: number;
  readonly json?: boolean;
}

const WIDEST_TEXT = 100;

/** Shows DICOM images. */
export const show: CommandSpec<ShowOptions> = {
  name: "show",
  summary: "make a picture of a DICOM image or series",
  operands: "<url...>",
  sources: "all",
  details:
    `Of a file the middle frame is shown, of a directory, an archive or several places a contact sheet of
all images in them, in slice order; one that cannot be shown is told, and crossed out. Without --output the picture
is drawn in the terminal. Brightness is what the image asks for, or what most of its pixels need. Only the header and
the frame that is shown are read. It is for a look, not for diagnosis.`,
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
    option("--json", "say what the picture is of, as JSON; it is drawn only with --output"),
  ],
  examples: [
    ["show /data/study/1.dcm", "a first look, in the terminal"],
    ["show -o slice.png --window 40,400 /data/study/1.dcm", "as PNG, with a window"],
    ["show -o sheet.png --sheet 9 xnat://xnat.example.org/BRAIN/S1/E1/1", "nine slices of a scan"],
    [
      "show -o sheet.png disk1/scan disk2/scan rest.zip",
      "a series whose slices lie in three places",
    ],
    ["show -o - --size 64 /data/study/1.dcm > small.png", "a thumbnail, through a pipe"],
  ],
  async run(context, operands, { output, frame, window, size, sheet, json }) {
    const { vfs, signal, console } = context;
    if (frame !== undefined && sheet !== undefined) {
      throw new UsageError("--frame and --sheet exclude each other");
    }
    if (json && output === "-") {
      throw new UsageError("--json and --output - exclude each other: there is one output");
    }
    const [{ pictureAt }, { sheetAt }, { blockPicture, encodePng, textPicture }] = await Promise
      .all([
        import("../../display/picture_at.ts"),
        import("../../display/sheet_at.ts"),
        import("../../pictures/mod.ts"),
      ]);
    const [first = ""] = operands;
    await context.attempt(async () => {
      const isMany = operands.length > 1 || await isContainer(context, first);
      const concurrency = context.concurrency(8);
      const onFailure = (error: VfsError) => context.fail(error);
      const options = { count: sheet, window, size, signal, concurrency, onFailure };
      const picture: Raster = isMany
        ? await sheetAt(vfs, operands, options)
        : sheet !== undefined
        ? await sheetAt(vfs, first, options)
        : await pictureAt(vfs, first, { frame, window, size, signal });
      if (output !== undefined) {
        await save(context, new Blob([await encodePng(picture)]).stream(), output);
      }
      if (json) {
        const { data: _, channels, ...known } = picture;
        const urls = operands.map((operand) => new Operand(operand).location.href);
        console.json({ urls, ...known, colour: channels === 3, output });
      } else if (output === undefined) {
        const columns = Math.min(WIDEST_TEXT, console.stderr.columns - 1);
        const draw = console.hasColour ? blockPicture : textPicture;
        for (const line of draw(picture, columns)) console.line(line);
      }
    });
  },
};

/** Whether images are in what is there: a directory, or an archive. */
async function isContainer({ vfs, signal }: Context, where: string): Promise<boolean> {
  const isArchive = vfs.registry.archiveScheme(new Operand(where).location.name) !== undefined;
  return isArchive || await vfs.isDirectory(where, { signal });
}

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
