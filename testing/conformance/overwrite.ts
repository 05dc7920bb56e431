/** Conformance: `put` over what is there, by each mode. @module */

import { strict as assert } from "node:assert";
import type { Source } from "../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { atomic, group, guarded, lacks, writing } from "./case.ts";
import { digest, everyByte, sameBytes } from "./digest.ts";
import { fails } from "./fixture.ts";
import { watchedSource } from "./sources.ts";

const broken = new VfsError("StorageFull", { op: "read", url: "test://source" });

/** Replacing files. */
export const overwriteCases = group("overwrite", [
  writing("the new content is all there is", [], async (f) => {
    const outcome: string[] = [];
    for (const size of [100_000, 10, 0, 70_000]) {
      await f.put("a", everyByte(size));
      const actual = await f.read("a");
      sameBytes(actual, everyByte(size), `${size} bytes`);
      assert.equal((await f.stat("a")).size ?? size, size);
      outcome.push(digest(actual));
    }
    return [...outcome, await f.names("")];
  }),

  writing("a source that breaks leaves the old", [atomic], async (f) => {
    await f.put("a", "the old content");
    for (const size of [0, 10, 200_000]) {
      const source = watchedSource(everyByte(size), { error: broken });
      await fails(f.put("a", source), "StorageFull");
      assert.equal(await f.text("a"), "the old content");
    }
    return await f.names("");
  }),

  writing("an etag changes with the content", ["etag"], async (f) => {
    const etags = new Set<string | undefined>();
    for (const text of ["one", "two", "six", "three"]) {
      await f.put("a", text);
      etags.add((await f.stat("a")).etag);
    }
    assert.equal(etags.size, 4);
  }),
]);

/** Replacing one certain version. */
export const matchCases = group("put if match", [
  writing("the version that is there is replaced", ["etag", "putsIfMatch"], async (f) => {
    const { etag: ifMatch } = await f.put("a", "old");
    await f.put("a", "new", { ifMatch: ifMatch ?? (await f.stat("a")).etag });
    return await f.text("a");
  }),

  writing("another version stays, and so does what is missing", ["putsIfMatch"], async (f) => {
    await f.put("a", "old");
    const { etag: ifMatch } = await f.stat("a");
    await f.put("a", "theirs");
    return [
      await fails(f.put("a", "new", { ifMatch }), "ConditionFailed"),
      await fails(f.put("b", "new", { ifMatch }), "ConditionFailed"),
      await f.text("a"),
      await f.names(""),
    ];
  }),

  writing("a version that goes while the source is read is not replaced", [
    "putsIfMatch",
  ], async (f) => {
    await f.put("a", "old");
    const { etag: ifMatch } = await f.stat("a");
    const source: Source = {
      replayable: false,
      open: async () => {
        await f.put("a", "theirs");
        return new TextEncoder().encode("new");
      },
    };
    return [
      await fails(f.put("a", source, { ifMatch }), "ConditionFailed"),
      await f.text("a"),
      await f.names(""),
    ];
  }),

  writing("of several at once one succeeds", ["putsIfMatch"], async (f) => {
    await f.put("a", "old");
    const { etag: ifMatch } = await f.stat("a");
    const puts = Array.from({ length: 8 }, (_, i) => f.put("a", `new ${i}`, { ifMatch }));
    const outcomes = await Promise.allSettled(puts);
    const stored = outcomes.flatMap(({ status }, i) => status === "fulfilled" ? [i] : []);
    assert(stored.length <= 1, `${stored.length} succeeded`);
    const text = await f.text("a");
    // One whose answer was lost may be there, too.
    if (stored.length === 1) assert.equal(text, `new ${stored[0]}`);
    else assert.match(text, /^new/);
  }),
]);

/** Mode `create`. */
export const exclusiveCases = group("exclusive", [
  writing("what is missing is made", ["exclusive"], async (f) => {
    await f.put("d/a", "new", { mode: "create" });
    return await f.text("d/a");
  }),

  writing("what is there stays", ["exclusive"], async (f) => {
    await f.put("a", "old");
    const put = f.put("a", "new", { mode: "create" });
    return [await fails(put, "AlreadyExists"), await f.text("a")];
  }),

  writing("a directory stays", ["exclusive"], async (f) => {
    await f.put("d/x", "x");
    const put = f.put("d", "y", { mode: "create" });
    await fails(put, "AlreadyExists", "IsADirectory");
    return await f.names("d");
  }),

  writing("one of many wins", ["exclusive"], async (f) => {
    const tries = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => {
        const bytes = everyByte(1000 + i);
        const source = watchedSource(bytes, { chunk: 100, size: 1000 + i });
        return f.put("a", source, { mode: "create" });
      }),
    );
    const winners = tries.flatMap((t, i) => t.status === "fulfilled" ? [i] : []);
    assert.equal(winners.length, 1, `${winners.length} have won`);
    for (const attempt of tries) {
      if (attempt.status === "fulfilled") continue;
      assert(isVfsError(attempt.reason), String(attempt.reason));
      assert.equal(attempt.reason.kind, "AlreadyExists");
    }
    sameBytes(await f.read("a"), everyByte(1000 + winners[0]!), "the winner");
    return await f.names("");
  }),

  writing("a failure leaves the name free", ["exclusive", atomic], async (f) => {
    const source = watchedSource(everyByte(100), { error: broken });
    await fails(f.put("a", source, { mode: "create" }), "StorageFull");
    assert.equal(await f.exists("a"), false);
    await f.put("a", "then", { mode: "create" });
    return await f.text("a");
  }),

  writing("create is refused where it is not exclusive", [
    lacks("exclusive"),
    guarded,
  ], async (f) => {
    const put = f.put("a", "x", { mode: "create" });
    await fails(put, "NotSupported");
    assert.equal(await f.exists("a"), false);
  }),
]);

/** Mode `append`. */
export const appendCases = group("append", [
  writing("bytes come after what is there", ["append"], async (f) => {
    await f.put("a", "one ");
    await f.put("a", "two ", { mode: "append" });
    const source = watchedSource(new TextEncoder().encode("three"), { chunk: 1 });
    const info = await f.put("a", source, { mode: "append" });
    assert.equal(info.size ?? 13, 13);
    assert.equal((await f.stat("a")).size ?? 13, 13);
    return await f.text("a");
  }),

  writing("a missing file is made", ["append"], async (f) => {
    await f.put("d/a", "new", { mode: "append" });
    return await f.text("d/a");
  }),

  writing("nothing can be appended", ["append"], async (f) => {
    await f.put("a", "all");
    await f.put("a", "", { mode: "append" });
    return await f.text("a");
  }),

  writing("a source that breaks leaves the old", ["append", atomic], async (f) => {
    await f.put("a", "the old content");
    const source = watchedSource(everyByte(100_000), { error: broken });
    await fails(f.put("a", source, { mode: "append" }), "StorageFull");
    return await f.text("a");
  }),

  writing("what is no file fails alike", ["append"], async (f) => {
    await f.put("d/x", "x");
    return [
      await fails(f.put("d", "y", { mode: "append" }), "IsADirectory"),
      await fails(f.put("d/x/y", "y", { mode: "append" }), "NotADirectory"),
      await f.text("d/x"),
    ];
  }),

  writing("append is refused where it is not supported", [
    lacks("append"),
    guarded,
  ], async (f) => {
    await f.put("a", "old");
    await fails(f.put("a", "x", { mode: "append" }), "NotSupported");
    assert.equal(await f.text("a"), "old");
  }),
]);
