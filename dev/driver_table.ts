/**
 * The table of drivers in README.md, made of their capability records.
 *
 *     deno run --allow-read=. --allow-write=README.md dev/driver_table.ts
 */

import { createVfs } from "../mod.ts";
import type { Capabilities, TransportAbout } from "../mod.ts";

const BEGIN = "<!-- drivers: made by dev/driver_table.ts -->";
const END = "<!-- /drivers -->";

/** A row a scheme: what it is, what it can do, the narrowest permissions. */
export async function driverTable(): Promise<string> {
  await using vfs = createVfs();
  const rows = ["| scheme | what it is | can | permissions |", "| --- | --- | --- | --- |"];
  for (const scheme of vfs.schemes()) {
    const about: TransportAbout = await vfs.about(scheme);
    const permissions = about.permissions ? `\`${about.permissions}\`` : "none";
    const can = abilities(about.capabilities).join(", ");
    rows.push(`| \`${scheme}:\` | ${about.description} | ${can} | ${permissions} |`);
  }
  return rows.join("\n");
}

function abilities(c: Capabilities): string[] {
  const writes = c.put === "none"
    ? []
    : [c.put === "atomic" ? "atomic writes" : "writes", c.exclusive && "exclusive create"];
  const all = [
    "walk",
    c.range ? "read ranges" : "read",
    c.etag && "resume",
    ...writes,
    c.append && "append",
    c.remove && "remove",
    c.rename && "rename",
    c.copy && "copy inside",
    c.symlinks && "links",
    ...c.digests,
  ];
  return all.filter((word) => typeof word === "string");
}

/** `readme` with the table in its place. @throws `Error` without the markers */
export function withTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("README.md has no place for the driver table");
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`;
}

if (import.meta.main) {
  const path = new URL("../README.md", import.meta.url);
  await Deno.writeTextFile(path, withTable(await Deno.readTextFile(path), await driverTable()));
}
