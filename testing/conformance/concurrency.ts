/** Conformance: many operations at once. @module */

import { strict as assert } from "node:assert";
import { collect } from "../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { atomic, group, reading, writing } from "./case.ts";
import { digest, everyByte, sameBytes } from "./digest.ts";

/** Many operations at once. */
export const concurrencyCases = group("concurrency", [
  reading("32 reads do not disturb each other", ["maxConcurrency"], async (f) => {
    const files = Object.entries(f.files);
    await Promise.all(Array.from({ length: 32 }, async (_, i) => {
      const [path, bytes] = files[i % files.length]!;
      sameBytes(await f.read(path), bytes, path);
    }));
  }),

  reading("20 open bodies can be read in any order", [], async (f) => {
    const [path, bytes] = f.largest;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => f.get(path)),
    );
    for (const got of all.reverse()) {
      sameBytes(await collect(got.body), bytes, path);
    }
  }),

  reading("reads, listings and stats mix", [], async (f) => {
    const [path, bytes] = f.largest;
    const names = await f.names("");
    await Promise.all(Array.from({ length: 12 }, async () => {
      const [actual, listed, info] = await Promise.all([
        f.read(path),
        f.names(""),
        f.stat(path),
      ]);
      sameBytes(actual, bytes, path);
      assert.deepEqual(listed, names);
      assert.equal(info.kind, "file");
    }));
  }),

  writing("24 puts into new directories all last", [], async (f) => {
    await Promise.all(
      Array.from({ length: 24 }, (_, i) => f.put(`d/e/${i % 3}/${i}`, everyByte(i * 1000))),
    );
    const outcome: string[] = [];
    for (let i = 0; i < 24; i++) {
      outcome.push(digest(await f.read(`d/e/${i % 3}/${i}`)));
    }
    return [outcome, await f.names("d/e"), await f.names("d/e/0")];
  }),

  writing("of many puts to one name, one lasts whole", [atomic], async (f) => {
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => f.put("a", everyByte(70_000 + i).fill(i))),
    );
    const actual = await f.read("a");
    const [i] = actual;
    sameBytes(actual, everyByte(70_000 + i!).fill(i!), "a");
    return await f.names("");
  }),

  writing("a reader meets whole versions only", [atomic], async (f) => {
    const version = (i: number) => new Uint8Array(100_000).fill(i);
    await f.put("a", version(0));
    let isOver = false;
    const writing = (async () => {
      for (let i = 1; i <= 10; i++) await f.put("a", version(i));
    })().finally(() => isOver = true);
    const reading = (async () => {
      while (!isOver) {
        try {
          // A cut read starts over where the file changed too often for an etag.
          const actual = await f.read("a", { whole: true });
          sameBytes(actual, version(actual[0]!), "a version");
        } catch (error) {
          // It cannot go on in another version.
          if (!isVfsError(error) || error.kind !== "ConditionFailed") throw error;
        }
      }
    })();
    for (const each of await Promise.allSettled([writing, reading])) {
      if (each.status === "rejected") throw each.reason;
    }
    sameBytes(await f.read("a"), version(10), "the last version");
  }),
]);
