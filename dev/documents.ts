/**
 * The parts of the documents that are made: the table of drivers, of their capability records, and the
 * example of a driver, of the file that runs.
 *
 *     deno task docs:fill
 */

import { createVfs } from "../mod.ts";
import type { Capabilities, TransportAbout } from "../mod.ts";

const ROOT = new URL("../", import.meta.url);

/** A row a scheme: what it is, what it can do, the narrowest permissions. */
async function driverTable(): Promise<string> {
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

/** The example of a driver, from its imports on. */
async function driverExample(): Promise<string> {
  const source = await Deno.readTextFile(new URL("examples/greeting_driver.ts", ROOT));
  const code = source.slice(source.indexOf("import "));
  return "```ts ignore\n" + code + "```";
}

/** The documents with their made parts as they should be, by path from the root. */
export async function filledDocuments(): Promise<Map<string, string>> {
  const made = [
    ["README.md", "drivers", await driverTable()],
    ["CONTRIBUTING.md", "driver", await driverExample()],
  ] as const;
  const documents = new Map<string, string>();
  for (const [path, part, content] of made) {
    documents.set(path, fill(await Deno.readTextFile(new URL(path, ROOT)), part, content));
  }
  return documents;
}

function fill(document: string, part: string, content: string): string {
  const begin = `<!-- ${part}: made by dev/documents.ts -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(`<!-- /${part} -->`);
  if (from < 0 || to < from) throw new Error(`No place for "${part}"`);
  return `${document.slice(0, from + begin.length)}\n\n${content}\n\n${document.slice(to)}`;
}

if (import.meta.main) {
  for (const [path, text] of await filledDocuments()) {
    await Deno.writeTextFile(new URL(path, ROOT), text);
  }
}
