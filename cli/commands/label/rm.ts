/** `medvfs label rm`. @module */

import { type CommandSpec, option } from "../../command.ts";
import { UsageError } from "../../exit_code.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import { LabelNotFound } from "../../../datastore/errors.ts";

interface LabelRmOptions extends StoreOptions {
  readonly tag?: string;
}

/** Removes labels. */
export const labelRm: CommandSpec<LabelRmOptions> = {
  name: "rm",
  summary: "remove the labels of images with one tag",
  operands: "<url> <image...>",
  options: [option("--tag <tag>", "which label; it must be named"), ...storeOptions()],
  examples: [
    ["label rm --tag original /data/liver ct17 ct18", "the drafts of two images"],
    ["label rm --tag final xnat://xnat.example.org/BRAIN BRAIN/S1/E1/3", "it is to be drawn anew"],
  ],
  async run(context, [url = "", ...images], options) {
    const { signal } = context;
    const { tag } = options;
    if (tag === undefined) throw new UsageError("Name the label to remove, with --tag");
    await using store = await oneStore(context, [url], options);
    for (const image of images) {
      await context.attempt(async () => {
        // The store takes what is not there for removed; who names it here would want to know.
        if (await store.getLabelByImageId(image, tag, { signal }) === "") {
          throw new LabelNotFound(url, image, tag);
        }
        await store.removeLabel(image, tag, { signal });
      });
    }
  },
};
