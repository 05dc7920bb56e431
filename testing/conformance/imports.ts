/** Conformance: `importFiles`. @module */

import { strict as assert } from "node:assert";
import { collect, type Source, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { NamedSource } from "../../vfs/transport.ts";
import { walkSteps } from "../../vfs/walk.ts";
import { type ConformanceCase, group, type Requirement } from "./case.ts";
import { digest, everyByte } from "./digest.ts";
import { fails, type Fixture, type Imports } from "./fixture.ts";
import { watchedSource } from "./sources.ts";

/** The driver's author provides files, and a place for them. */
const imports: Requirement = {
  name: "imports",
  test: ({ hooks }) => (hooks.imports?.files.length ?? 0) > 1,
};

/** Handing files over to an importer. */
export const importCases: readonly ConformanceCase[] = group("import", [
  importing("no files are no import, and go nowhere", async (fixture) => {
    assert.deepEqual(await send(fixture, []), []);
  }),
  importing("what is imported is below the directories that are told", async (f, { files }) => {
    const places = await send(f, files.map(sourceOfBytes));
    assert(places.length > 0, "no directory is told");
    assert.deepEqual(await contents(f, places), digests(files));
  }),

  importing("importing the same again leaves the same", async (f, { files }) => {
    const places = await send(f, files.map(sourceOfBytes));
    await send(f, files.map(sourceOfBytes));
    assert.deepEqual(await contents(f, places), digests(files));
  }),

  importing("what is new is added to what is there", async (f, { files }) => {
    await send(f, files.slice(1).map(sourceOfBytes), 1);
    const places = await send(f, files.slice(0, 1).map(sourceOfBytes));
    assert.deepEqual(await contents(f, places), digests(files));
  }),

  importing("what is no DICOM is refused", async (f) => {
    await fails(send(f, [sourceOfBytes(everyByte(5000))]), "InvalidArgument", "Corrupt");
  }),

  importing("a source that breaks imports nothing, and tells why", async (f, { files, into }) => {
    for (const at of [0, 100]) {
      const error = new VfsError("StorageFull", { op: "read", url: "test://source" });
      const source = watchedSource(files[0]!.slice(0, at), { error });
      await fails(send(f, [...files.slice(1).map(sourceOfBytes), source]), "StorageFull");
      assert.equal(source.ended, source.opened, "a reader was left open");
    }
    await fails(contents(f, [into(f.root)]), "NotFound");
  }),

  importing("an import that is aborted settles, and closes its source", async (f, { files }) => {
    const abort = new AbortController();
    const source = watchedSource(files[0]!, { stalls: true });
    const outcome = fails(send(f, [source], 0, abort.signal), "Aborted");
    await source.reading;
    abort.abort();
    await outcome;
    assert.equal(source.ended, source.opened, "a reader was left open");
  }),
]);

function importing(
  id: string,
  run: (fixture: Fixture, imports: Imports) => Promise<void>,
): Omit<ConformanceCase, "group"> {
  return {
    id,
    requires: ["importFiles", imports],
    seeded: false,
    run: (fixture) => run(fixture, fixture.hooks.imports!),
  };
}

function send(
  { transport, root, hooks }: Fixture,
  sources: readonly Source[],
  first = 0,
  signal = NEVER,
): Promise<readonly Location[]> {
  const files: NamedSource[] = sources.map((source, i) => ({
    replayable: source.replayable,
    size: source.size,
    open: () => source.open(),
    name: `${first + i}.dcm`,
  }));
  return transport.importFiles!(hooks.imports!.into(root), files, { signal });
}

/** Digests of all files below `places`. */
async function contents(
  { transport }: Fixture,
  places: readonly Location[],
): Promise<string[]> {
  const found: string[] = [];
  for (const location of places) {
    for await (const { files } of walkSteps({ transport, location }, { refresh: true })) {
      for (const file of files) {
        const { body } = await transport.get(file.location, { signal: NEVER });
        found.push(digest(await collect(body)));
      }
    }
  }
  return found.sort();
}

function digests(files: readonly Uint8Array<ArrayBuffer>[]): string[] {
  return files.map(digest).sort();
}
