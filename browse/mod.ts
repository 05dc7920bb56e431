/**
 * A page to look at any place with: a tree, a table, headers and pictures, in a browser on this machine.
 *
 * @example
 * ```ts
 * import { serveBrowser } from "@medvfs/vfs/browse";
 * import { createVfs, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await using vfs = createVfs();
 * await vfs.writeFile("memory:///look/notes.txt", "hello");
 * await using browser = await serveBrowser({ vfs, where: "memory:///look", port: 0 });
 * assert.match(browser.link, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/#token=/);
 * ```
 *
 * @module
 */

export type { BrowserLimits, BrowserOptions, RequestSummary } from "./options.ts";
export { type BrowserServer, serveBrowser } from "./server.ts";
