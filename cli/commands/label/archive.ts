/** `medvfs label archive`. @module */

import { type CommandSpec, option, wholeNumber } from "../../command.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import { save } from "../../save_stream.ts";

interface LabelArchiveOptions extends StoreOptions {
  readonly output: string;
  readonly limit?: number;
}

/** Writes the labelled images and their labels as one ZIP. */
export const labelArchive: CommandSpec<LabelArchiveOptions> = {
  name: "archive",
  summary: "write images with their final labels as one ZIP",
  operands: "<url>",
  details: "The ZIP has image/, label/ and metadata.json, as MONAI Label makes it.",
  options: [
    option("-o, --output <place>", "where to; - is the output").default("dataset.zip"),
    option("--limit <n>", "no more images than this", wholeNumber(1)),
    ...storeOptions(),
  ],
  examples: [
    ["label archive xnat://xnat.example.org/BRAIN", "all, as dataset.zip"],
    ["label archive --limit 10 -o ten.zip /data/liver", "ten to try a training on"],
  ],
  async run(context, operands, options) {
    const { signal } = context;
    await using store = await oneStore(context, operands, options);
    if ((await store.getLabeledImages("final", { signal })).length === 0) {
      context.console.warning(
        "medvfs label archive: no image has a final label, so that the ZIP holds metadata.json alone",
      );
    }
    await save(context, await store.getDatasetArchive(options.limit, { signal }), options.output);
  },
};
