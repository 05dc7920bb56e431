/** `medvfs label ls`. @module */

import { type CommandSpec, option, SHARED } from "../../command.ts";
import { table } from "../../format.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";

interface LabelLsOptions extends StoreOptions {
  readonly tag?: string;
  readonly unlabeled?: boolean;
  readonly json?: boolean;
}

/** Lists images with the tags of their labels. */
export const labelLs: CommandSpec<LabelLsOptions> = {
  name: "ls",
  summary: "list images, with the tags of their labels",
  operands: "<url>",
  options: [
    option(
      "--tag <tag>",
      "only images that have a label with this tag; with --unlabeled, that have none",
    ),
    option("--unlabeled", "only images without a final label"),
    SHARED.json(),
    ...storeOptions(),
  ],
  examples: [
    ["label ls xnat://xnat.example.org/BRAIN", "all images of a project"],
    ["label ls --unlabeled /data/liver", "what is left to do"],
  ],
  async run(context, operands, options) {
    const { console, signal } = context;
    await using store = await oneStore(context, operands, options);
    const { tag, unlabeled, json } = options;
    const images = unlabeled
      ? await store.getUnlabeledImages(tag, { signal })
      : tag
      ? await store.getLabeledImages(tag, { signal })
      : await store.listImages({ signal });
    const rows: string[][] = [];
    for (const image of images) {
      const labels = await store.getLabelsByImageId(image, { signal });
      if (json) console.json({ image, labels });
      else rows.push([image, Object.keys(labels).join(" ")].map(console.safe, console));
      await console.drain();
    }
    for (const line of table(rows)) console.line(line.trimEnd());
    if (images.length === 0 && !unlabeled && !tag) {
      context.note('no images; "medvfs label --help" tells what is one');
    }
  },
};
