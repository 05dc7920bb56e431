/** Conformance: `getMany`. @module */

import { strict as assert } from "node:assert";
import { isVfsError } from "../../vfs/errors.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, reading, writing } from "./case.ts";
import { sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";

/** More in a row no server has, but one that is broken. */
const MAX_FAILURES = 5;

/** Reading many files. */
export const togetherCases = group("together", [
  reading("what is given are the files, whole, each once", ["getMany"], async (f) => {
    const given = await together(f, smallOf(f));
    for (const [path, bytes] of given) sameBytes(bytes, f.files[path]!, path);
    assert(given.size > 1, "not even two files were given");
  }),

  reading("files of several directories are given at once", [
    "getMany",
    "getManyAcross",
  ], async (f) => {
    const given = await together(f, smallOf(f));
    const directories = new Set(
      given.keys().map((path) => path.slice(0, path.lastIndexOf("/") + 1)),
    );
    assert(directories.size > 1, "all are of one directory");
  }),

  reading("what is missing is not given, and keeps no other from being read", [
    "getMany",
  ], async (f) => {
    const small = smallOf(f);
    const given = await together(f, [f.missing, ...small]);
    assert(!given.has(f.missing));
    for (const path of small) sameBytes(await f.read(path), f.files[path]!, path);
  }),

  reading("as many are read at once as it says", ["getMany", "getManyAtOnce"], async (f) => {
    const calls = Array.from({ length: f.capabilities.getManyAtOnce! }, () => smallOf(f));
    const given = await Promise.all(calls.map((paths) => together(f, paths)));
    for (const [path, bytes] of given.flatMap((each) => [...each])) {
      sameBytes(bytes, f.files[path]!, path);
    }
    assert(given.some(({ size }) => size > 1), "not even two files were given");
  }),

  reading("nothing is given for nothing", ["getMany"], async (f) => {
    assert.equal((await together(f, [])).size, 0);
  }),

  reading("left early, it leaves the files to be read", ["getMany"], async (f) => {
    const small = smallOf(f);
    const locations = small.map((path) => f.at(path));
    try {
      for await (const _ of f.transport.getMany!(locations, { signal: NEVER })) break;
    } catch (error) {
      assert(isVfsError(error) && error.status === "temporary", `${error}`);
    }
    for (const path of small) sameBytes(await f.read(path), f.files[path]!, path);
  }),

  reading("an aborted signal lets it not begin", ["getMany"], async (f) => {
    const locations = smallOf(f).map((path) => f.at(path));
    const reading = f.transport.getMany!(locations, { signal: AbortSignal.abort() });
    await fails(Array.fromAsync(reading), "Aborted");
  }),

  writing("a file that was replaced is given as it is now, or not at all", [
    "getMany",
  ], async (f) => {
    const names = ["a", "b", "c"];
    for (const text of ["old", "newer"]) {
      for (const name of names) await f.put(name, `${text} ${name}`);
      for (const [name, bytes] of await together(f, names)) {
        assert.equal(new TextDecoder().decode(bytes), `${text} ${name}`);
      }
    }
  }),
]);

/** The paths of the files that the transport reads together. */
function smallOf(f: Fixture): string[] {
  const most = f.capabilities.getMany!;
  return Object.entries(f.files)
    .filter(([, { length }]) => length <= most)
    .map(([path]) => path);
}

/** What is given of `paths`; tried again where it fails for the moment. */
async function together(
  f: Fixture,
  paths: readonly string[],
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const locations = paths.map((path) => f.at(path));
  for (let failures = 0;;) {
    const given = new Map<string, Uint8Array<ArrayBuffer>>();
    try {
      for await (const page of f.transport.getMany!(locations, { signal: NEVER })) {
        for (const { location, got } of page) {
          const path = paths[locations.indexOf(location)];
          assert(path !== undefined, `${location.href} was not asked for`);
          assert(!given.has(path), `${path} was given twice`);
          assert.deepEqual([got.info.kind, got.offset], ["file", 0]);
          assert.equal(got.info.size ?? got.body.length, got.body.length);
          given.set(path, got.body);
        }
      }
      return given;
    } catch (error) {
      const isTemporary = isVfsError(error) && error.status === "temporary";
      if (!isTemporary || ++failures > MAX_FAILURES) throw error;
    }
  }
}
