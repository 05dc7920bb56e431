/** `medvfs label status`. @module */

import { type CommandSpec, SHARED } from "../../command.ts";
import { table } from "../../format.ts";
import { oneStore, type StoreOptions, storeOptions } from "../../label_store.ts";
import type { DatastoreStatus } from "../../../datastore/datastore.ts";

interface LabelStatusOptions extends StoreOptions {
  readonly json?: boolean;
}

const BAR_WIDTH = 32;

/** Tells how much is annotated. */
export const labelStatus: CommandSpec<LabelStatusOptions> = {
  name: "status",
  summary: "tell how many images are labelled",
  operands: "<url>",
  options: [SHARED.json(), ...storeOptions()],
  examples: [
    ["label status xnat://xnat.example.org/BRAIN", "of a project"],
    ["label status --json /data/liver", "for a script"],
  ],
  async run(context, operands, options) {
    const { console, signal } = context;
    await using store = await oneStore(context, operands, options);
    const status = await store.status({ signal });
    if (options.json) console.json(status);
    else for (const line of statusLines(status)) console.line(console.safe(line));
  },
};

function statusLines({ total, completed, label_tags }: DatastoreStatus): string[] {
  const share = (count: number) => total > 0 ? count / total : 0;
  const row = (name: string, count: number) => {
    const full = Math.round(Math.min(1, share(count)) * BAR_WIDTH);
    const bar = "#".repeat(full) + ".".repeat(BAR_WIDTH - full);
    return [name, `[${bar}]`, `${count} of ${total}`, `${Math.floor(share(count) * 100)}%`];
  };
  const tags = Object.entries(label_tags).sort(([a], [b]) => a < b ? -1 : 1);
  return table([row("completed", completed), ...tags.map(([tag, count]) => row(tag, count))], [3]);
}
