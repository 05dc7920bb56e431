/** Conformance: `findMissing`, for drivers that have it; it may tell nothing of any place. @module */

import { strict as assert } from "node:assert";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, reading, writing } from "./case.ts";
import { fails, type Fixture } from "./fixture.ts";

/** Picking places at which nothing is. */
export const missingCases = group("missing", [
  reading("nothing that is there is picked", [], async (f) => {
    const there = [...f.directories, ...Object.keys(f.files)];
    const picked = await pick(f, [f.missing, ...there]);
    assert.deepEqual(picked.filter((path) => path !== f.missing), []);
  }),

  writing("what is stored is picked no more", [], async (f) => {
    const paths = ["a", "b/c"];
    await f.put("other", "x");
    for (const path of paths) {
      await pick(f, paths);
      await f.put(path, "x");
      assert(!(await pick(f, paths)).includes(path), path);
    }
    assert.deepEqual(await pick(f, ["a", "b", "b/c", "other"]), []);
  }),

  writing("what is picked after it was removed is gone", ["remove"], async (f) => {
    for (const path of ["a", "b"]) await f.put(path, "x");
    await f.remove("a");
    const picked = await pick(f, ["a", "b"]);
    assert(!picked.includes("b"));
    for (const path of picked) await fails(f.stat(path), "NotFound");
  }),

  reading("an aborted signal lets it not begin", [], async (f) => {
    const { transport } = f;
    if (!transport.findMissing) return;
    await fails(
      transport.findMissing([f.at(f.missing)], { signal: AbortSignal.abort() }),
      "Aborted",
    );
  }),
]);

/** Which of `paths` are picked. */
async function pick(f: Fixture, paths: readonly string[]): Promise<string[]> {
  const locations = paths.map((path) => f.at(path));
  const picked = await f.transport.findMissing?.(locations, { signal: NEVER }) ?? new Set();
  const known = paths.filter((_, i) => picked.has(locations[i]!));
  assert.equal(known.length, picked.size, "a location is picked that was not given");
  return known;
}
