/**
 * Makes `browse/page.json` of `browse/page/`: TypeScript without its types, style, page and icon, as text in one JSON
 * module. JSR takes no text modules yet, and a page that reads its files would need a permission for them.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";

const FOLDER = new URL("../browse/page/", import.meta.url);
const RESULT = new URL("../browse/page.json", import.meta.url);

/** The text of `browse/page.json`, made anew. */
export async function pageJson(): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER)))
    .map(({ name }) => name).filter((name) => name !== "deno.json").sort();
  const files = await Promise.all(names.map(async (name) => {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    return name.endsWith(".ts") ? [name.replace(/ts$/, "js"), scriptOf(text)] : [name, text];
  }));
  return `${JSON.stringify(Object.fromEntries(files), null, 2)}\n`;
}

/** The JavaScript that is left of a module without its types. */
function scriptOf(text: string): string {
  return stripTypeScriptTypes(text)
    .replace(/(from "\.\/[\w]+)\.ts"/g, '$1.js"')
    // What types leave behind are blanks.
    .replace(/[ \t]+$/gm, "").replace(/\n{3,}/g, "\n\n");
}

if (import.meta.main) await Deno.writeTextFile(RESULT, await pageJson());
