/** Conformance: `putMany`. @module */

import { strict as assert } from "node:assert";
import { type Source, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, writing } from "./case.ts";
import { everyByte, sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";
import type { PutOutcome } from "../../vfs/transport.ts";

/** More in a row no server has, but one that is broken. */
const MAX_FAILURES = 5;

type SizedSource = Source & { readonly size: number };

/** Storing many files. */
export const putManyCases = group("put many", [
  writing("files of several directories are stored, each told of once", ["putMany"], async (f) => {
    const sources = sourcesOf(sizesOf(f).flatMap((size) => [`a/${size}`, `b/c/${size}`]));
    const told = await putMany(f, sources);
    assert(told.size > 1, "not even two files were told of");
    for (const [path, { size }] of sources) {
      if (!told.has(path)) await f.put(path, everyByte(size));
      sameBytes(await f.read(path), everyByte(size), path);
    }
  }),

  writing("what is there is replaced", ["putMany"], async (f) => {
    const names = ["a", "b", "c"];
    for (const text of ["old", "newer", "new"]) {
      const contents = names.map((name) => [name, textSource(`${text} ${name}`)] as const);
      const told = await putMany(f, new Map(contents));
      for (const name of names) {
        if (!told.has(name)) await f.put(name, `${text} ${name}`);
        assert.equal(await f.text(name), `${text} ${name}`);
      }
    }
  }),

  writing("a file that is told of is there by then", ["putMany"], async (f) => {
    const sources = sourcesOf(["1", "20", "300"]);
    await putMany(f, sources, async (path, size) => {
      sameBytes(await f.read(path), everyByte(size), path);
    });
  }),

  writing("what cannot be stored keeps no other from it, and nothing is lost", [
    "putMany",
  ], async (f) => {
    await f.put("directory/file", "x");
    await f.put("broken", "old");
    const broken: SizedSource = {
      size: 10,
      replayable: true,
      open: () => Promise.reject(new VfsError("StorageFull", { op: "read", url: "test://source" })),
    };
    const sources = new Map([
      ["directory", textSource("no")],
      ["broken", broken],
      ...sourcesOf(["1", "20"]),
    ]);
    const told = await putMany(f, sources);
    for (const name of ["directory", "broken"]) {
      assert(!told.has(name), `${name} is told to be stored`);
    }
    assert.deepEqual(await f.names("directory"), ["file"]);
    assert.equal(await f.text("broken"), "old");
    for (const name of ["1", "20"]) {
      if (!told.has(name)) await f.put(name, everyByte(Number(name)));
      sameBytes(await f.read(name), everyByte(Number(name)), name);
    }
  }),

  writing("with mode create what is there stays, and the others are stored", [
    "putMany",
    "exclusive",
  ], async (f) => {
    await f.put("b", "old");
    const files = ["a", "b", "c"].map((name) => {
      return { location: f.at(name), source: textSource(`new ${name}`), mode: "create" } as const;
    });
    const told: PutOutcome[] = [];
    try {
      for await (const page of f.transport.putMany!(files, { signal: NEVER })) {
        told.push(...page);
      }
    } catch (error) {
      assert(isVfsError(error) && error.status !== "permanent", `${error}`);
    }
    assert.equal(await f.text("b"), "old");
    for (const outcome of told) {
      const { name } = outcome.location;
      if ("stored" in outcome) assert.equal(await f.text(name), `new ${name}`);
      else if (outcome.error.status === "permanent") {
        assert.deepEqual([name, outcome.error.kind], ["b", "AlreadyExists"]);
      }
    }
  }),

  writing("nothing is told of nothing", ["putMany"], async (f) => {
    assert.equal((await putMany(f, new Map())).size, 0);
  }),

  writing("an aborted signal lets it not begin", ["putMany"], async (f) => {
    const files = [...sourcesOf(["1", "2"])]
      .map(([path, source]) => ({ location: f.at(path), source }));
    const storing = f.transport.putMany!(files, { signal: AbortSignal.abort() });
    await fails(Array.fromAsync(storing), "Aborted");
    for (const name of ["1", "2"]) assert.equal(await f.exists(name), false);
  }),
]);

/** Sizes of small files, from none to the largest. */
function sizesOf({ capabilities }: Fixture): string[] {
  const { size, files } = capabilities.putMany!;
  const some = Array.from({ length: Math.min(files, 70) }, (_, n) => `${100 * n}`);
  return [...some, `${Math.min(size, 300_000)}`];
}

/** Sources by names that are their sizes. */
function sourcesOf(paths: readonly string[]): Map<string, SizedSource> {
  return new Map(paths.map((path) => {
    const size = Number(path.slice(path.lastIndexOf("/") + 1));
    return [path, { ...sourceOfBytes(everyByte(size)), size }];
  }));
}

/** A source of text, whose size is known. */
export function textSource(text: string): SizedSource {
  const bytes = new TextEncoder().encode(text);
  return { ...sourceOfBytes(bytes), size: bytes.length };
}

/** Stores files together. Gives the paths that are told to be stored; tried again where it fails for the moment. */
export async function putMany(
  f: Fixture,
  sources: ReadonlyMap<string, SizedSource>,
  onTold: (path: string, size: number) => Promise<void> = () => Promise.resolve(),
): Promise<ReadonlySet<string>> {
  const left = new Map([...sources].map(([path, source]) => [f.at(path), { path, source }]));
  const stored = new Set<string>();
  for (let failures = 0;;) {
    const files = [...left].map(([location, { source }]) => ({ location, source }));
    let failure: unknown;
    try {
      for await (const page of f.transport.putMany!(files, { signal: NEVER })) {
        for (const outcome of page) {
          const known = left.get(outcome.location);
          assert(known, `${outcome.location.href} was not given, or told of twice`);
          if ("error" in outcome) {
            assert(isVfsError(outcome.error));
            if (outcome.error.status === "temporary") failure = outcome.error;
            else left.delete(outcome.location);
            continue;
          }
          assert.equal(outcome.stored.kind, "file");
          assert.equal(outcome.stored.size ?? known.source.size, known.source.size);
          await onTold(known.path, known.source.size);
          left.delete(outcome.location);
          stored.add(known.path);
        }
      }
    } catch (error) {
      failure = error;
    }
    if (failure === undefined) return stored;
    const isTemporary = isVfsError(failure) && failure.status === "temporary";
    if (!isTemporary || ++failures > MAX_FAILURES) throw failure;
  }
}
