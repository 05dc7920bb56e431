/** `medvfs stat`. @module */

import type { Info } from "../../vfs/transport.ts";
import { type CommandSpec, SHARED } from "../command.ts";
import { eachSeen } from "../each_seen.ts";
import { byteSize, table } from "../format.ts";
import { infoRecord } from "../record.ts";

interface StatOptions {
  readonly json?: boolean;
}

/** Tells what is known of things. */
export const stat: CommandSpec<StatOptions> = {
  name: "stat",
  summary: "tell what the server knows of files and directories",
  operands: "<url...>",
  sources: "all",
  options: [SHARED.json()],
  examples: [
    ["stat /data/study/1.dcm", "kind, size and times of a file"],
    ["stat --json xnat://xnat.example.org/BRAIN/S1 | jq .attributes", "one field"],
  ],
  async run(context, operands, { json }) {
    const { console } = context;
    let isFirst = true;
    await eachSeen(context, operands, (operand, info) => {
      const url = operand.location.href;
      if (json) return console.json({ ...operand.pathField(), url, ...infoRecord(info) });
      if (!isFirst) console.line("");
      isFirst = false;
      const rows = [["name", operand.show()], ...infoRows(info)];
      for (const line of table(rows)) console.line(console.safe(line));
    }, true);
  },
};

function infoRows(info: Info): string[][] {
  const { kind, size, mtime, etag, digests, mediaType, attributes } = info;
  const rows: (readonly [string, string | undefined])[] = [
    ["kind", kind],
    ["size", size === undefined ? undefined : sizeLine(size)],
    ["changed", mtime?.toISOString()],
    ["type", mediaType],
    ["etag", etag],
    ...Object.entries(digests ?? {}),
    ...Object.entries(attributes ?? {}).map(([name, value]) =>
      [name, typeof value === "string" ? value : JSON.stringify(value)] as const
    ),
  ];
  return rows.flatMap(([name, value]) => value === undefined ? [] : [[name, value]]);
}

function sizeLine(size: number): string {
  return size < 1000 ? byteSize(size) : `${size} bytes (${byteSize(size)})`;
}
