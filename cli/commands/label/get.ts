/** `medvfs label get`. @module */

import { type CommandSpec, option } from "../../command.ts";
import { UsageError } from "../../exit_code.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import { save } from "../../save_stream.ts";
import { LabelTag } from "../../../datastore/datastore.ts";
import { parseLocation } from "../../../vfs/location.ts";

interface LabelGetOptions extends StoreOptions {
  readonly tag?: string;
  readonly output?: string;
  readonly image?: boolean;
}

/** Fetches a label, or an image. */
export const labelGet: CommandSpec<LabelGetOptions> = {
  name: "get",
  summary: "fetch the label of an image, or the image",
  operands: "<url> <image>",
  details: `An image that is a folder of instances comes as one ZIP.`,
  options: [
    option("--tag <tag>", "which label").default(LabelTag.FINAL),
    option("--image", "the image instead of its label"),
    option("-o, --output <place>", "where to; - is the output. Its own name by default"),
    ...storeOptions(),
  ],
  examples: [
    [
      "label get xnat://xnat.example.org/BRAIN BRAIN/S1/E1/3",
      "the final label, under its own name",
    ],
    ["label get --tag original -o draft.nii.gz /data/liver ct17", "what the model drew"],
  ],
  async run(context, operands, options) {
    const { signal } = context;
    const [url = "", image = "", ...more] = operands;
    if (more.length > 0) throw new UsageError(`Nothing can be done with "${more[0]}"`);
    await using store = await oneStore(context, [url], options);
    const tag = options.tag ?? LabelTag.FINAL;
    const uri = options.image
      ? await store.getImageUri(image, { signal })
      : await store.getLabelUri(image, tag, { signal });
    const content = options.image
      ? await store.getImage(image, { signal })
      : await store.getLabel(image, tag, { signal });
    await save(context, content, options.output ?? nameOf(uri));
  },
};

function nameOf(uri: string): string {
  return parseLocation(uri).location.name;
}
