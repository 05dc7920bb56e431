/** Syncs a tree of as many files as told, of which none changed, and prints what it kept and the peak of memory. */

import { driverOf, fake, vfsOf } from "../_fakes.ts";
import type { ListedEntry } from "../../../vfs/transport.ts";

const count = Number(Deno.args[0]);
const PER_DIRECTORY = 1000;
const mtime = new Date(0);

/** A tree that takes no room: directories of 1,000 files each, made as they are listed. */
const sparse = (scheme: string) =>
  driverOf(
    fake({
      put: () => Promise.reject(new Error("nothing is to be stored")),
      remove: () => Promise.reject(new Error("nothing is to be removed")),
      stat: () => Promise.resolve({ kind: "directory" }),
      async *list(at) {
        await Promise.resolve();
        const isTop = at.segments.length === 1;
        const length = isTop ? count / PER_DIRECTORY : PER_DIRECTORY;
        yield Array.from({ length }, (_, i): ListedEntry =>
          isTop
            ? { name: `d${i}`, kind: "directory" }
            : { name: `file-${i}.dcm`, kind: "file", info: { kind: "file", size: i, mtime } });
      },
    }, { keepsTimes: 1 }),
    scheme,
  );

await using vfs = vfsOf([sparse("one"), sparse("two")]);
let peak = 0;
const timer = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 20);
const { kept } = await vfs.sync("one:///top", "two:///top", { delete: true });
clearInterval(timer);
console.log(JSON.stringify({ kept, peak: Math.max(peak, Deno.memoryUsage().rss) }));
