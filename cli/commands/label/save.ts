/** `medvfs label save`. @module */

import { type CommandSpec, option, repeatable, SHARED, wrong } from "../../command.ts";
import { UsageError } from "../../exit_code.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import { LabelTag } from "../../../datastore/datastore.ts";
import { parseRecord } from "../../../vfs/json.ts";

interface LabelSaveOptions extends StoreOptions {
  readonly tag: string;
  readonly segment?: readonly Segment[];
  readonly model?: string;
  readonly info?: Readonly<Record<string, unknown>>;
  readonly json?: boolean;
}

interface Segment {
  readonly name: string;
  readonly idx: number;
}

/** Stores a label. */
export const labelSave: CommandSpec<LabelSaveOptions> = {
  name: "save",
  summary: "store a label for an image",
  operands: "<url> <image> <file>",
  details:
    `It takes the place of the label with that tag; other tags are left alone. On XNAT a NIfTI label is
also stored as a DICOM SEG, in which each value of the mask needs the name that --segment gives it.`,
  options: [
    option("--tag <tag>", "final, original or another one").default(LabelTag.FINAL),
    repeatable("--segment <value=name>", "the name of a value of the mask; once for each", segment),
    option("--model <name>", "the model that drew it"),
    option("--info <json>", "more facts to keep with it, as a JSON object", jsonObject),
    SHARED.json(),
    ...storeOptions(),
  ],
  examples: [
    [
      "label save --segment 1=liver --segment 2=tumour /data/liver ct17 ct17.nii.gz",
      "a reviewed label",
    ],
    [
      "label save --tag original --model unet-3 --segment 1=liver xnat://xnat.example.org/BRAIN BRAIN/S1/E1/3 mask.nii.gz",
      "what a model drew",
    ],
  ],
  async run(context, operands, options) {
    const { console, signal } = context;
    const [url = "", image = "", file = "", ...more] = operands;
    if (more.length > 0) throw new UsageError(`Nothing can be done with "${more[0]}"`);
    const { tag, segment, model, info, json } = options;
    await using store = await oneStore(context, [url], options);
    const facts = { ...info, ...model && { model }, ...segment && { label_info: segment } };
    const label = await store.saveLabel(image, file, tag, facts, { signal });
    if (json) console.json({ image, label, tag });
    else context.note(`saved the ${tag} label of ${image}`);
  },
};

function segment(text: string): Segment {
  const [, value, name] = /^([0-9]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || Number(value) < 1) {
    throw wrong('It must be "value=name", such as 1=liver.');
  }
  return { name, idx: Number(value) };
}

function jsonObject(text: string): Record<string, unknown> {
  const value = parseRecord(text);
  if (value) return value;
  throw wrong("It must be a JSON object.");
}
