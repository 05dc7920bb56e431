/** `medvfs cat`. @module */

import type { ByteRange } from "../../vfs/transport.ts";
import { type CommandSpec, option, wrong } from "../command.ts";

interface CatOptions {
  readonly range?: ByteRange;
}

/** Writes the content of files. */
export const cat: CommandSpec<CatOptions> = {
  name: "cat",
  summary: "write the content of files to the output",
  operands: "<url...>",
  sources: "all",
  details:
    `A range counts bytes from 0 and includes its end, as in HTTP: 0-99 are the first hundred bytes,
100- is all after them, -100 are the last hundred.`,
  options: [option("--range <first-last>", "only these bytes of each file", parseRange)],
  examples: [
    ["cat /data/report.txt", "a file"],
    ["cat --range 128-131 /data/study/1.dcm", "the four bytes that say DICM"],
    [
      "cat xnat://xnat.example.org/BRAIN/S1/E1/1/NIFTI/t1.nii.gz | gunzip > t1.nii",
      "through a pipe",
    ],
  ],
  async run(context, operands, { range }) {
    const { console, vfs, signal } = context;
    await context.each(operands, async ({ where }) => {
      await using file = await vfs.open(where, { range, signal });
      for await (const chunk of file.readable) await console.bytes(chunk);
    });
  },
};

function parseRange(text: string): ByteRange {
  const [, first = "", last = ""] = /^([0-9]*)-([0-9]*)$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last) + 1];
  if (first === "" && last !== "") return { suffix: Number(last) };
  if (first !== "" && last === "") return { start };
  if (first !== "" && start < end) return { start, end };
  throw wrong('It must be "first-last", "first-" or "-length", in bytes.');
}
