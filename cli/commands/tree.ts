/** `medvfs tree`. @module */

import type { Entry } from "../../vfs/entry.ts";
import { type CommandSpec, option, SHARED, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { counted } from "../format.ts";
import type { Operand } from "../operand.ts";
import { inOrder } from "../ordered.ts";
import { entryRecord } from "../record.ts";
import { type Branch, branches } from "../branches.ts";

interface TreeOptions {
  readonly info?: boolean;
  readonly level?: number;
  readonly json?: boolean;
}

/** Draws directories. */
export const tree: CommandSpec<TreeOptions> = {
  name: "tree",
  summary: "draw directories with all below them",
  operands: "[url...]",
  sources: "all",
  options: [
    option("--info", "with a line on what each file is"),
    option("-L, --level <depth>", "no deeper than this", wholeNumber(1)),
    SHARED.json(),
  ],
  examples: [
    ["tree --info /data/study", "what each file of a study is"],
    ["tree -L 2 xnat://xnat.example.org/BRAIN", "the subjects and experiments of a project"],
  ],
  async run(context, operands, options) {
    const places = operands.length > 0 ? operands : ["."];
    const totals = { directories: 0, files: 0, drawn: 0 };
    await context.each(places, (place) => draw(context, place, options, totals));
    if (options.json || totals.drawn === 0) return;
    const { directories, files } = totals;
    context.console.line(
      `\n${counted(directories, "directory", "directories")}, ${counted(files, "file")}`,
    );
  },
};

async function draw(
  context: Context,
  top: Operand,
  options: TreeOptions,
  totals: { directories: number; files: number; drawn: number },
): Promise<void> {
  const { console, vfs, signal } = context;
  const steps = vfs.walk(top.where, {
    signal,
    maxDepth: options.level,
    detail: options.json,
    concurrency: context.global.concurrency,
    prunes: false,
    onError: context.skipUnlisted(top),
  });
  const describe = async ({ entry }: Branch): Promise<string | undefined> => {
    if (!options.info || !isFile(entry)) return undefined;
    let line: string | undefined;
    await context.attempt(async () => {
      line = await vfs.info(entry.location, { signal });
    });
    return line;
  };
  const drawn = inOrder(branches(steps), context.concurrency(16), describe);
  let isFirst = true;
  const title = () => {
    if (isFirst && !options.json) console.line(paintName(context, top.show(), "directory"));
    isFirst = false;
  };
  for await (const [branch, info] of drawn) {
    title();
    const { entry, depth } = branch;
    if (entry.kind === "directory") totals.directories++;
    else totals.files++;
    if (options.json) console.json({ depth, ...entryRecord(entry, top), description: info });
    else console.line(branchText(context, branch, info));
    await console.drain();
  }
  title();
  totals.drawn++;
}

function isFile({ kind, target }: Entry): boolean {
  return kind === "file" || target === "file";
}

function branchText(
  context: Context,
  { prefix, entry, width }: Branch,
  info: string | undefined,
): string {
  const { console } = context;
  const name = paintName(context, entry.name, entry.kind);
  const label = entry.label === undefined ? "" : ` (${console.safe(entry.label)})`;
  const link = entry.kind === "symlink" ? ` (${linkText(entry)})` : "";
  const line = `${console.paint(prefix, "dim")}${name}${label}${link}`;
  if (info === undefined) return line;
  const gap = " ".repeat(Math.max(0, width - console.safe(entry.name).length) + 2);
  return `${line}${gap}${console.safe(info)}`;
}

function paintName({ console }: Context, name: string, kind: Entry["kind"]): string {
  const safe = console.safe(name);
  if (kind === "directory") return console.paint(safe, "blue");
  return kind === "symlink" ? console.paint(safe, "cyan") : safe;
}

function linkText({ target }: Entry): string {
  return target === undefined ? "a link to nothing in reach" : `a link to a ${target}`;
}
