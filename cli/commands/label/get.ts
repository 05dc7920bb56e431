/** `medvfs label get`. @module */

import { type CommandSpec, option } from "../../command.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../exit_code.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import { save } from "../../save_stream.ts";
import { type Datastore, LabelTag } from "../../../datastore/datastore.ts";
import { ImageNotFound } from "../../../datastore/errors.ts";
import { fileNameFor } from "../../../datastore/file_name.ts";
import { parseLocation } from "../../../vfs/location/location.ts";

interface LabelGetOptions extends StoreOptions {
  readonly tag?: string;
  readonly output?: string;
  readonly image?: boolean;
  readonly volume?: boolean;
}

/** Fetches a label, or an image. */
export const labelGet: CommandSpec<LabelGetOptions> = {
  name: "get",
  summary: "fetch the label of an image, or the image",
  operands: "<url> <image>",
  details:
    `An image that is a folder of instances comes as one ZIP, or with --volume as one NIfTI.`,
  options: [
    option("--tag <tag>", "which label").default(LabelTag.FINAL),
    option("--image", "the image instead of its label"),
    option("--volume", "the slices of the image as one .nii.gz"),
    option("-o, --output <place>", "where to; - is the output. Its own name by default"),
    ...storeOptions(),
  ],
  examples: [
    [
      "label get xnat://xnat.example.org/BRAIN BRAIN/S1/E1/3",
      "the final label, under its own name",
    ],
    [
      "label get --volume -o ct.nii.gz xnat://xnat.example.org/BRAIN BRAIN/S1/E1/3",
      "what to draw on; a mask on its grid can be saved",
    ],
    ["label get --tag original -o draft.nii.gz /data/liver ct17", "what the model drew"],
  ],
  async run(context, operands, options) {
    const [url = "", image = "", ...more] = operands;
    if (more.length > 0) throw new UsageError(`Nothing can be done with "${more[0]}"`);
    await using store = await oneStore(context, [url], options);
    const { name, content } = await chosen(
      context,
      store,
      parseLocation(url).location.href,
      image,
      options,
    );
    await save(context, content, options.output ?? name);
  },
};

interface Chosen {
  /** The name that it has by itself. */
  readonly name: string;
  readonly content: ReadableStream<Uint8Array>;
}

async function chosen(
  { vfs, signal }: Context,
  store: Datastore,
  where: string,
  image: string,
  { tag = LabelTag.FINAL, ...options }: LabelGetOptions,
): Promise<Chosen> {
  if (options.volume) {
    const path = (await store.getImageVolume?.(image, { signal }))?.path;
    if (path === undefined) {
      const isKnown = await store.getImageUri(image, { signal }) !== "";
      if (!isKnown) throw new ImageNotFound(where, image);
      throw new UsageError(`The image "${image}" has no slices of a volume`);
    }
    return { name: nameOf(path), content: (await vfs.open(path, { signal })).readable };
  }
  if (!options.image) {
    const content = await store.getLabel(image, tag, { signal });
    return { name: nameOf(await store.getLabelUri(image, tag, { signal })), content };
  }
  const content = await store.getImage(image, { signal });
  const uri = await store.getImageUri(image, { signal });
  const isFolder = await vfs.isDirectory(uri, { signal });
  return { name: isFolder ? `${fileNameFor(image)}.zip` : nameOf(uri), content };
}

function nameOf(uri: string): string {
  return parseLocation(uri).location.name;
}
