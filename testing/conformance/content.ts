/** Conformance: `put` where the content names what is stored. @module */

import { strict as assert } from "node:assert";
import { sourceOfStream, streamOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { atomic, group, guarded, lacks, storing } from "./case.ts";
import { everyByte, sameBytes } from "./digest.ts";
import { fails, type Fixture, type Specimen } from "./fixture.ts";
import { watchedSource } from "./sources.ts";

/** Storing what names itself. */
export const contentCases = group("content", [
  storing("a file put into the root is at the place that it told", [], async (f) => {
    for (const specimen of all(f)) {
      const stored = await f.put("", specimen.bytes);
      assert.equal(stored.kind, "file");
      assert.equal(stored.location?.href, f.at(specimen.path).href);
      await isThere(f, specimen);
    }
  }),

  storing("a file can be put into any directory that it belongs into", [], async (f) => {
    const [specimen] = all(f);
    const names = specimen.path.split("/");
    for (let n = 1; n <= names.length; n++) {
      const stored = await f.put(names.slice(0, n).join("/"), specimen.bytes);
      assert.equal(stored.location?.href, f.at(specimen.path).href, `${n} names`);
      await isThere(f, specimen);
    }
  }),

  storing("a file is refused where another one belongs", [], async (f) => {
    const [one, other] = all(f);
    const names = other.path.split("/");
    for (let n = 1; n <= names.length; n++) {
      await fails(f.put(names.slice(0, n).join("/"), one.bytes), "InvalidArgument");
    }
    await nothingIsThere(f);
  }),

  storing("what has no name of its own is refused", [], async (f) => {
    for (const size of [0, 1, 5000]) {
      await fails(f.put("", everyByte(size)), "NotSupported", "Corrupt");
    }
    await nothingIsThere(f);
  }),

  storing("storing the same again does no harm", [], async (f) => {
    const [specimen] = all(f);
    await f.put("", specimen.bytes);
    await f.put("", specimen.bytes);
    await isThere(f, specimen);
  }),

  storing("create stores what is missing, and refuses what is there", ["looksFirst"], async (f) => {
    const [one, other] = all(f);
    await f.put("", one.bytes, { mode: "create" });
    await isThere(f, one);
    await fails(f.put("", one.bytes, { mode: "create" }), "AlreadyExists");
    await fails(f.put(one.path, one.bytes, { mode: "create" }), "AlreadyExists");
    await f.put("", other.bytes, { mode: "create" });
    for (const each of [one, other]) await isThere(f, each);
  }),

  storing("create is refused where nobody looks first", [
    lacks("looksFirst"),
    lacks("exclusive"),
    guarded,
  ], async (f) => {
    const [{ bytes }] = all(f);
    await fails(f.put("", bytes, { mode: "create" }), "NotSupported");
    await nothingIsThere(f);
  }),

  storing("chunks of any size come back", [], async (f) => {
    for (const [i, specimen] of all(f).entries()) {
      const { bytes } = specimen;
      const size = i % 2 === 0 ? bytes.length : undefined;
      const source = watchedSource(bytes, { chunk: 1 + i * 97, size });
      await f.put("", source);
      assert.equal(source.ended, source.opened, "a reader was left open");
      await isThere(f, specimen);
    }
  }),

  storing("a stream that can be read once comes back", [], async (f) => {
    const [specimen] = all(f);
    await f.put("", sourceOfStream(streamOf(specimen.bytes)));
    await isThere(f, specimen);
  }),

  storing("many at once come back", ["maxConcurrency"], async (f) => {
    await Promise.all(all(f).map(({ bytes }) => f.put("", bytes)));
    for (const specimen of all(f)) await isThere(f, specimen);
  }),

  storing("a source that breaks stores nothing, and tells why", [atomic], async (f) => {
    const [{ bytes }] = all(f);
    for (const at of [0, 10, bytes.length - 1, bytes.length]) {
      const error = new VfsError("StorageFull", { op: "read", url: "test://source" });
      const source = watchedSource(bytes.slice(0, at), { error });
      await fails(f.put("", source), "StorageFull");
      assert.equal(source.ended, source.opened, "a reader was left open");
    }
    await nothingIsThere(f);
  }),

  storing("nothing is there of a put that is aborted", [atomic], async (f) => {
    const [{ bytes }] = all(f);
    const abort = new AbortController();
    const source = watchedSource(bytes, { stalls: true });
    const outcome = fails(f.put("", source, { signal: abort.signal }), "Aborted");
    await source.reading;
    abort.abort();
    await outcome;
    assert.equal(source.ended, source.opened, "a reader was left open");
    await nothingIsThere(f);
  }),

  storing("a source of another size than told is refused", [guarded, atomic], async (f) => {
    const [{ bytes }] = all(f);
    for (const size of [bytes.length - 2, bytes.length + 2]) {
      // A driver that knows the size may see by itself that the content cannot be whole.
      await fails(f.put("", watchedSource(bytes, { size })), "InvalidArgument", "Corrupt");
    }
    await nothingIsThere(f);
  }),
]);

function all(f: Fixture): readonly [Specimen, Specimen, ...Specimen[]] {
  return f.hooks.specimens as readonly [Specimen, Specimen, ...Specimen[]];
}

async function isThere(f: Fixture, { path, bytes }: Specimen): Promise<void> {
  const { essence = (all: Uint8Array<ArrayBuffer>) => all } = f.hooks;
  assert.equal((await f.stat(path)).kind, "file");
  sameBytes(await essence(await f.read(path)), await essence(bytes), path);
}

async function nothingIsThere(f: Fixture): Promise<void> {
  for (const { path } of all(f)) assert.equal(await f.exists(path), false, path);
}
