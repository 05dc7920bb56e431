/** `medvfs check`. @module */

import { type CommandSpec, option } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { secondsText } from "../format.ts";
import { Operand } from "../operand.ts";
import { comparisonOf, type SyncFlags, syncFlags } from "../sync_flags.ts";
import { tellSync } from "../sync_run.ts";

interface CheckCommandOptions extends SyncFlags {
  readonly oneWay?: boolean;
}

const WORDS = { copy: "missing", update: "differs", delete: "extra" } as const;

/** Compares two places. */
export const check: CommandSpec<CheckCommandOptions> = {
  name: "check",
  summary: "compare two directories, and copy nothing",
  operands: "<source...> <destination>",
  sources: "but last",
  details:
    `Compares as sync does, and names what differs: what is missing at the destination, what is extra there, and what
differs. Where the time of change is another and no digest is known, the content decides. Several sources are each compared with what has their name at the destination. The exit code is 0 when both are the same, and 4 when they are not or something could not be compared.`,
  options: [
    option("--one-way", "what only the destination has is no difference"),
    ...syncFlags(),
  ],
  examples: [
    ["check /data/study /backup/study", "whether the backup is complete"],
    ["check --checksum --one-way ./brain xnat://xnat.example.org/BRAIN", "byte by byte, by digest"],
  ],
  async run(context, operands, flags) {
    const { vfs, signal, global } = context;
    const from = operands.slice(0, -1).map((place) => new Operand(place));
    const to = operands.at(-1)!;
    const { where, options } = await comparisonOf(context, from, flags);
    const { json, v: verbose, oneWay } = flags;
    const report = await tellSync(
      context,
      { words: WORDS, json, verbose },
      (callbacks) =>
        vfs.check(where, new Operand(to).where, {
          ...options,
          ...callbacks,
          oneWay,
          concurrency: global.concurrency,
          signal,
        }),
    );
    const { problems: _, elapsedMs, ...counts } = report;
    if (json) context.console.json({ report: { ...counts, elapsedMs: Math.round(elapsedMs) } });
    const { matching, differing, missing, extra, skipped, failed } = report;
    const parts = [
      `${matching} the same`,
      `${differing} differ`,
      `${missing} missing`,
      `${extra} extra`,
    ];
    if (skipped > 0) parts.push(`${skipped} skipped`);
    if (failed > 0) parts.push(`${failed} failed`);
    context.note(`${parts.join(", ")} in ${secondsText(elapsedMs)}`);
    if (report.same) return;
    context.countDone();
    context.count(EXIT.partial);
  },
};
