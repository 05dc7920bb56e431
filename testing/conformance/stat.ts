/** Conformance: `stat`. @module */

import { createHash } from "node:crypto";
import { strict as assert } from "node:assert";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, reading, writing } from "./case.ts";
import { fails } from "./fixture.ts";

/** What `stat` tells. */
export const statCases = group("stat", [
  reading("a file is a file", [], async (f) => {
    for (const path of Object.keys(f.files)) {
      assert.equal((await f.stat(path)).kind, "file", path);
    }
  }),

  reading("a directory is a directory, the root too", [], async (f) => {
    for (const path of f.directories) {
      assert.equal((await f.stat(path)).kind, "directory", path);
    }
  }),

  reading("what is no link is itself, followed or not", [], async (f) => {
    for (const path of [...f.directories, ...Object.keys(f.files)]) {
      const options = { signal: NEVER, followSymlinks: false };
      const info = await f.transport.stat(f.at(path), options);
      assert.deepEqual(info, await f.stat(path), path);
    }
  }),

  reading("sizes are right", ["size"], async (f) => {
    for (const [path, bytes] of Object.entries(f.files)) {
      assert.equal((await f.stat(path)).size, bytes.length, path);
    }
  }),

  reading("a size that is told is right", [], async (f) => {
    for (const [path, bytes] of Object.entries(f.files)) {
      const { size = bytes.length } = await f.stat(path);
      assert.equal(size, bytes.length, path);
    }
  }),

  reading("a missing name is NotFound", [], async (f) => {
    const error = await f.stat(f.missing).catch((error) => error);
    assert.equal(error.status, "permanent");
    return await fails(f.stat(f.missing), "NotFound");
  }),

  reading("below a missing name is NotFound", [], async (f) => {
    return await fails(f.stat(`${f.missing}/below/it`), "NotFound");
  }),

  reading("below a file is NotFound", [], async (f) => {
    return await fails(f.stat(`${f.largest[0]}/below`), "NotFound");
  }),

  reading("the modification time is a date", [], async (f) => {
    for (const path of Object.keys(f.files)) {
      const { mtime } = await f.stat(path);
      assert(!mtime || Number.isFinite(mtime.getTime()), path);
    }
  }),

  reading("an etag is told, and stays while nothing changes", ["etag"], async (f) => {
    for (const path of Object.keys(f.files)) {
      const { etag } = await f.stat(path);
      assert(etag, `no etag for "${path}"`);
      assert.equal((await f.stat(path)).etag, etag, path);
      const got = await f.get(path);
      if (!(got.body instanceof Uint8Array)) await got.body.close();
      assert.equal(got.info.etag, etag, path);
    }
  }),

  reading("digests are told, and right", ["digests"], async (f) => {
    for (const [path, bytes] of Object.entries(f.files)) {
      const directory = path.split("/").slice(0, -1).join("/");
      const name = path.split("/").at(-1);
      const listed = (await f.list(directory)).find((e) => e.name === name);
      const told = { ...listed?.info?.digests, ...(await f.stat(path)).digests };
      for (const algorithm of f.capabilities.digests) {
        const real = createHash(algorithm).update(bytes).digest("hex");
        assert.equal(told[algorithm], real, `${algorithm} of "${path}"`);
      }
    }
  }),

  writing("what put tells is what stat tells", [], async (f) => {
    const put = await f.put("a", "0123456789");
    const stat = await f.stat("a");
    assert.equal(put.kind, "file");
    assert.equal(put.size ?? stat.size, stat.size);
    assert.equal(put.etag ?? stat.etag, stat.etag);
    assert.equal(stat.size ?? 10, 10);
  }),
]);
