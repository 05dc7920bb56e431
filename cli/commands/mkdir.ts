/** `medvfs mkdir`. @module */

import { type CommandSpec, option } from "../command.ts";

interface MkdirOptions {
  readonly parents?: boolean;
}

/** Makes directories. */
export const mkdir: CommandSpec<MkdirOptions> = {
  name: "mkdir",
  summary: "make directories",
  operands: "<url...>",
  options: [
    option("-p, --parents", "with missing parents, and without complaint when it is there"),
  ],
  examples: [
    ["mkdir /data/new", "a folder"],
    ["mkdir -p /data/2024/01/31", "a folder with all above it"],
  ],
  async run(context, operands, { parents }) {
    const { vfs, signal } = context;
    await context.each(operands, ({ where }) => vfs.mkdir(where, { recursive: parents, signal }));
  },
};
