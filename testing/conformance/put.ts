/** Conformance: `put` of new files. @module */

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { type Source, sourceOfStream, streamOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { atomic, group, guarded, writing } from "./case.ts";
import { digest, everyByte, sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";
import { watchedSource } from "./sources.ts";

const SIZES = [0, 1, 65_535, 65_536, 65_537, 1_048_577];

/** Storing new files. */
export const putCases = group("put", [
  writing("bytes of any size come back", [], async (f) => {
    const outcome: string[] = [];
    for (const size of SIZES) {
      outcome.push(await roundTrip(f, `b${size}`, size, everyByte(size)));
    }
    return outcome;
  }),

  writing("chunks of any size come back", [], async (f) => {
    const outcome: string[] = [];
    for (const [size, chunk] of [[1000, 1], [65_537, 1000], [1_048_577, 70_000]]) {
      const source = watchedSource(everyByte(size!), { chunk, size });
      outcome.push(await roundTrip(f, `c${size}`, size!, source));
      assert(source.opened >= 1);
      assert.equal(source.ended, source.opened, "a reader was left open");
    }
    return outcome;
  }),

  writing("a source of unknown size comes back", [], async (f) => [
    await roundTrip(f, "none", 0, watchedSource(everyByte(0))),
    await roundTrip(f, "some", 70_000, watchedSource(everyByte(70_000))),
  ]),

  writing("a stream that can be read once comes back", [], async (f) => {
    const stream = streamOf(everyByte(70_000));
    return await roundTrip(f, "once", 70_000, sourceOfStream(stream));
  }),

  writing("digests that put compares are told, and are those of what it was given", [
    "verifiesPut",
  ], async (f) => {
    for (const size of SIZES) {
      const bytes = everyByte(size);
      const { digests = {} } = await f.put(`v${size}`, bytes);
      for (const algorithm of f.capabilities.verifiesPut!) {
        assert.equal(digests[algorithm], createHash(algorithm).update(bytes).digest("hex"));
      }
    }
  }),

  writing("missing parents are made", [], async (f) => {
    await f.put("a/b/c/d", "deep");
    assert.equal((await f.stat("a/b")).kind, "directory");
    assert.equal(await f.text("a/b/c/d"), "deep");
    return [await f.names(""), await f.names("a"), await f.names("a/b/c")];
  }),

  writing("the caller's array may change afterwards", [], async (f) => {
    const bytes = everyByte(1000);
    await f.put("a", bytes);
    bytes.fill(0);
    sameBytes(await f.read("a"), everyByte(1000), "a");
  }),

  writing("the source's array is left as it is", [], async (f) => {
    const bytes = everyByte(1000);
    await f.put("a", bytes);
    (await f.read("a")).fill(0);
    sameBytes(bytes, everyByte(1000), "the source");
    sameBytes(await f.read("a"), everyByte(1000), "a");
  }),

  writing("a directory is IsADirectory", [], async (f) => {
    await f.put("d/x", "x");
    const kind = await fails(f.put("d", "y"), "IsADirectory");
    return [kind, await f.names("d")];
  }),

  writing("below a file is NotADirectory", [], async (f) => {
    await f.put("a", "x");
    return [
      await fails(f.put("a/b", "y"), "NotADirectory"),
      await fails(f.put("a/b/c", "y"), "NotADirectory"),
      await f.text("a"),
      await f.names(""),
    ];
  }),

  writing("a source that breaks stores nothing", [atomic], async (f) => {
    await f.put("keep", "x");
    for (const at of [0, 10, 200_000]) {
      const source = watchedSource(everyByte(at), { error: broken() });
      await fails(f.put("d/new", source), "StorageFull");
      assert.equal(source.ended, source.opened, "a reader was left open");
      assert.equal(await f.exists("d/new"), false, `after ${at} bytes`);
    }
    if (await f.exists("d")) assert.deepEqual(await f.names("d"), []);
  }),

  writing("a source's own error comes through", [], async (f) => {
    const boom = new Error("boom");
    const source = watchedSource(everyByte(10), { error: boom });
    const error = await f.put("a", source).then(
      () => assert.fail("resolved"),
      (error) => error,
    );
    const chain = [error, error.cause, error.cause?.cause];
    assert(chain.includes(boom), `lost the cause: ${error}`);
  }),

  writing("a source that cannot be opened stores nothing", [atomic], async (f) => {
    const source: Source = {
      replayable: false,
      open: () => Promise.reject(broken()),
    };
    await fails(f.put("a", source), "StorageFull");
    assert.equal(await f.exists("a"), false);
  }),

  writing("nothing is seen before the end", [atomic], async (f) => {
    const abort = new AbortController();
    const source = watchedSource(everyByte(100_000), { stalls: true });
    const put = f.put("a", source, { signal: abort.signal });
    const outcome = fails(put, "Aborted");
    await source.reading;
    assert.equal(await f.exists("a"), false);
    abort.abort();
    await outcome;
    assert.equal(await f.exists("a"), false);
  }),

  writing("a source of another size than told is refused", [
    guarded,
    atomic,
  ], async (f) => {
    for (const size of [0, 9, 11, 1_000_000]) {
      const source = watchedSource(everyByte(10), { size });
      await fails(f.put("a", source), "InvalidArgument");
      assert.equal(await f.exists("a"), false, `announced ${size}`);
    }
  }),

  writing("more than maxPutSize is refused", ["maxPutSize", guarded], async (f) => {
    const size = f.capabilities.maxPutSize! + 1;
    const source: Source = {
      size,
      replayable: false,
      open: () => assert.fail("opened"),
    };
    await fails(f.put("a", source), "NotSupported", "StorageFull");
    assert.equal(await f.exists("a"), false);
  }),

  writing("a media type and a time may be given", [], async (f) => {
    const mtime = new Date("2020-02-03T04:05:06Z");
    await f.put("a.dcm", "x", { mediaType: "application/dicom", mtime });
    return await f.text("a.dcm");
  }),

  writing("the time that is given is kept, also by a copy", ["keepsTimes"], async (f) => {
    const mtime = new Date("2020-02-03T04:05:06.789Z");
    await f.put("a", "x", { mtime });
    if (f.has("copy")) await f.copy("a", "b");
    else await f.put("b", "x", { mtime });
    for (const name of ["a", "b"]) {
      const apart = Math.abs((await f.stat(name)).mtime!.getTime() - mtime.getTime());
      assert.ok(apart <= f.capabilities.keepsTimes!, `${apart} ms apart`);
    }
  }),

  writing("names that differ only in case are the same", ["foldsNames"], async (f) => {
    await f.put("Name", "1");
    await f.put("name", "2");
    // What is compared with, "memory:", tells them apart.
    assert.equal((await f.names("")).length, 1);
    assert.equal(await f.text("Name"), "2");
  }),
]);

function broken(): VfsError {
  return new VfsError("StorageFull", { op: "read", url: "test://source" });
}

async function roundTrip(
  f: Fixture,
  path: string,
  size: number,
  content: Uint8Array<ArrayBuffer> | Source,
): Promise<string> {
  const info = await f.put(path, content);
  assert.equal(info.kind, "file");
  assert.equal(info.size ?? size, size);
  assert.equal((await f.stat(path)).size ?? size, size);
  const actual = await f.read(path);
  sameBytes(actual, everyByte(size), path);
  return digest(actual);
}
