/** Walks the URL given, and prints the heap in use after each 10,000 files, collected, as JSON. */

import { createVfs } from "../../../vfs/create_vfs.ts";

const collect = (globalThis as unknown as { gc: () => void }).gc;
const heaps: number[] = [];
await using vfs = createVfs();
let files = 0;
for await (const step of vfs.walk(Deno.args[0]!)) {
  files += step[2].length;
  if (step[2].length === 0 || files % 10_000 !== 0) continue;
  collect();
  heaps.push(Deno.memoryUsage().heapUsed);
}
console.log(JSON.stringify({ files, heaps, rss: Deno.memoryUsage().rss }));
