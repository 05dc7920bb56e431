/** Moves the folder `in` of the folder given, which may only be read, and a file of a zip there, to `out`; prints what was told. */

import { join, toFileUrl } from "@std/path";
import { fileTransport } from "../../../transports/file/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { Registry } from "../../../vfs/registry.ts";
import { Vfs } from "../../../vfs/vfs.ts";

const [dir = ""] = Deno.args;
const registry = new Registry();
registry.register(fileTransport());
registry.register(zipTransport());
await using vfs = new Vfs({ registry });
const zip = `zip://${encodeURIComponent(toFileUrl(join(dir, "in", "z.zip")).href)}/`;
const results: string[] = [];
for (const from of [join(dir, "in"), join(dir, "in", "f"), zip]) {
  try {
    // Nothing is renamed where what is there is skipped.
    await vfs.move([from], join(dir, "out"), { existing: "skip" });
    results.push("fine");
  } catch (error) {
    if (!isVfsError(error)) throw error;
    const cause = error.cause ?? error;
    results.push(isVfsError(cause) ? `${cause.kind} ${cause.message}` : String(cause));
  }
}
console.log(JSON.stringify(results));
