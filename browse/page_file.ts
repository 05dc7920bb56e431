/**
 * The page's own files. They are in a JSON module, which JSR serves as it does any other; `dev/browse_page.ts` makes
 * it of `page/`.
 *
 * @module
 */

import files from "./page.json" with { type: "json" };
import { Problem } from "../serving/problem.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Answers with a file of the page; the page itself where `name` is empty. @throws {Problem} 404 */
export function pageFile(name: string): Response {
  const actual = name === "" ? "index.html" : name;
  if (!Object.hasOwn(files, actual)) throw new Problem(404, "There is no such page");
  const text = (files as Readonly<Record<string, string>>)[actual]!;
  const type = MEDIA_TYPES[actual.split(".").at(-1)!]!;
  return new Response(text, { headers: { "content-type": type } });
}
