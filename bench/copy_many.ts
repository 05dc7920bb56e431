import { copy } from "../mod.ts";
import { copier, copiesOf } from "./files.ts";
import type { Bench } from "./harness.ts";

/** Copying a folder of many small files. */
export const copyMany: Bench = {
  name: "copy-many",
  what: "2,000 files of 128 KiB, folder to folder",
  goals: [{ of: "medvfs copy", to: "cp -r", atMost: 1.5 }],
  prepare: () =>
    copiesOf(2000, [
      { name: "medvfs copy", copy: async (from, to) => (await copy(from, to)).done },
      { name: "cp -r", copy: copier("cp", "-r") },
    ]),
};
