/**
 * Files in place of which XNAT gives another one.
 *
 * @module
 */

import type { Answer } from "./answer.ts";

/**
 * Whether an answer to GET or HEAD is of the file that is called `name` and `.gz`: where a file is gone from the disk of the
 * server, XNAT gives that one under its name (`CatalogUtils.getFile`).
 */
export function isPackedOne({ headers }: Answer, name: string): boolean {
  const [, served] = /filename="([^"]*)"/i.exec(headers.get("content-disposition") ?? "") ?? [];
  // Letters beyond ASCII need not come as they are.
  return served !== undefined && /\.gz$/i.test(served) && !/\.gz$/i.test(name);
}
