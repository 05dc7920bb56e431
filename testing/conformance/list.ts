/** Conformance: `list`. @module */

import { strict as assert } from "node:assert";
import type { ListedEntry } from "../../vfs/transport.ts";
import { group, reading, writing } from "./case.ts";
import { digest, outcomeOf, sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";
import { putMany, textSource } from "./put_many.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";

/** What `list` gives. */
export const listCases = group("list", [
  reading("each directory lists what is in it, nothing twice", [], async (f) => {
    const all: Record<string, string[]> = {};
    for (const path of f.directories) {
      all[path] = await f.names(path);
      assert.deepEqual(all[path], f.expected(path), `in "${path}"`);
    }
    return all;
  }),

  reading("what an entry tells is what stat tells", [], async (f) => {
    const outcome: Record<string, ReturnType<typeof outcomeOf>> = {};
    for (const [path, entry] of await everyEntry(f)) {
      const stat = await f.stat(path);
      const { info } = entry;
      outcome[path] = outcomeOf(stat, f.has("size") && stat.kind === "file");
      assert.equal(entry.target ?? entry.kind, stat.kind, path);
      if (!info) continue;
      assert.equal(info.kind, entry.kind, path);
      assert.equal(info.size ?? stat.size, stat.size, `size of "${path}"`);
      assert.equal(info.etag ?? stat.etag, stat.etag, `etag of "${path}"`);
      assert.equal(
        (info.mtime ?? stat.mtime)?.getTime(),
        stat.mtime?.getTime(),
        `mtime of "${path}"`,
      );
    }
    return outcome;
  }),

  reading("every entry can be read or listed", [], async (f) => {
    const outcome: Record<string, string> = {};
    for (const [path, entry] of await everyEntry(f)) {
      if (entry.kind === "directory") {
        outcome[path] = (await f.names(path)).join();
        continue;
      }
      const bytes = await f.read(path);
      const expected = f.files[path];
      assert(expected, `"${path}" is no file of ours`);
      sameBytes(bytes, expected, path);
      outcome[path] = digest(bytes);
    }
    return outcome;
  }),

  reading("with detail, files tell their size", ["size"], async (f) => {
    for (const path of f.directories) {
      for (const { name, kind, info } of await f.list(path, { detail: true })) {
        if (kind !== "file") continue;
        const bytes = f.files[path === "" ? name : `${path}/${name}`];
        assert.equal(info?.size, bytes?.length, name);
      }
    }
  }),

  reading("listing again gives the same", [], async (f) => {
    assert.deepEqual(await f.names(""), await f.names(""));
  }),

  reading("listing can be left after the first page", [], async (f) => {
    for await (const page of f.transport.list(f.root, { signal: NEVER })) {
      assert(page.length > 0);
      break;
    }
    return await f.names("");
  }),

  reading("a missing directory is NotFound", [], async (f) => {
    return [
      await fails(f.list(f.missing), "NotFound"),
      await fails(f.list(`${f.missing}/below`), "NotFound"),
    ];
  }),

  reading("a file is NotADirectory", [], async (f) => {
    return await fails(f.list(f.largest[0]), "NotADirectory");
  }),

  reading("below a file is NotFound", [], async (f) => {
    return await fails(f.list(`${f.largest[0]}/below`), "NotFound");
  }),

  writing("1,001 entries come once each", [], (f) => many(f, 1001)),

  {
    ...writing("10,001 entries come once each", [], (f) => many(f, 10_001)),
    large: true,
  },

  writing("a listing shows what was stored and removed", ["remove"], async (f) => {
    const seen: string[][] = [];
    await f.put("d/keep", "1");
    await f.put("d/go", "2");
    seen.push(await f.names("d"));
    await f.remove("d/go");
    seen.push(await f.names("d"));
    await f.put("d/new", "3");
    seen.push(await f.names("d"));
    assert.deepEqual(seen, [["go", "keep"], ["keep"], ["keep", "new"]]);
  }),

  writing("a listing shows what was renamed", ["rename"], async (f) => {
    await f.put("d/keep", "1");
    await f.put("d/old", "2");
    assert.deepEqual(await f.names("d"), ["keep", "old"]);
    await f.rename("d/old", "d/new");
    assert.deepEqual(await f.names("d"), ["keep", "new"]);
  }),

  writing("a listing shows the new size", ["size"], async (f) => {
    await f.put("d/a", "1");
    await f.list("d", { detail: true });
    await f.put("d/a", "12345");
    const [entry] = await f.list("d", { detail: true });
    assert.equal(entry?.info?.size, 5);
  }),
]);

async function everyEntry(f: Fixture): Promise<[string, ListedEntry][]> {
  const all: [string, ListedEntry][] = [];
  for (const directory of f.directories) {
    for (const entry of await f.list(directory)) {
      const { name } = entry;
      all.push([directory === "" ? name : `${directory}/${name}`, entry]);
    }
  }
  return all;
}

async function many(f: Fixture, count: number): Promise<string> {
  const names = Array.from({ length: count }, (_, i) => `f${i}`);
  const paths = names.map((name) => `many/${name}`);
  const contents = new Map(paths.map((path) => [path, textSource("x")]));
  const told = f.transport.putMany ? await putMany(f, contents) : new Set();
  const rest = paths.filter((path) => !told.has(path)).values();
  const lanes = Math.min(16, f.capabilities.maxConcurrency);
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (const path of rest) await f.put(path, "x");
  }));
  const found = await f.names("many");
  assert.equal(found.length, count);
  assert.deepEqual(found, names.sort());
  return digest(new TextEncoder().encode(found.join()));
}
