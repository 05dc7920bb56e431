import { strict as assert } from "node:assert";
import { CacheFolder, type GetFolderOptions } from "../../../datastore/cache/cache_folder.ts";
import { type CachedFile, fetching } from "../../../datastore/cache/fetch_files.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { type Location, parseLocation } from "../../../vfs/location/location.ts";
import type { OpOptions } from "../../../vfs/options.ts";
import type { Transport, TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { isKind } from "../_contract.ts";

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

/** Runs `work` on an empty cache; `files(n)` are files of `n` bytes that can be fetched. */
async function withCache(
  work: (it: {
    vfs: Vfs;
    folder: string;
    cache: (maxBytes?: number) => CacheFolder;
    files: (size: number, ...names: string[]) => Promise<CachedFile[]>;
    given: (files: readonly CachedFile[]) => Pick<GetFolderOptions, "filling">;
  }) => Promise<void>,
  driver?: TransportDriver,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  const vfs = createVfs({ layers: { retry: false } });
  if (driver) vfs.register(driver, { override: true });
  try {
    await work({
      vfs,
      folder,
      cache: (maxBytes = Infinity) => {
        const root = parseLocation(folder).location;
        return new CacheFolder({ vfs, root, maxBytes, lockTimeoutMs: 5_000 });
      },
      given: (files) => filling(vfs, () => Promise.resolve(files)),
      files: (size, ...names) =>
        Promise.all(names.map(async (name) => {
          const url = `memory:///${crypto.randomUUID()}`;
          const bytes = crypto.getRandomValues(new Uint8Array(size));
          await vfs.writeFile(url, bytes);
          const { createHash } = await import("node:crypto");
          return { name, url, size, md5: createHash("md5").update(bytes).digest("hex") };
        })),
    });
  } finally {
    await vfs.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fills a folder with what `list` gives, from drivers of its own. */
const filling = (vfs: Vfs, list: (options: OpOptions) => Promise<readonly CachedFile[]>) => ({
  filling: async (options: OpOptions) => await fetching(vfs, await list(options)),
});

/** Whether a cache has a folder, in whole. */
async function has(cache: CacheFolder, key: string): Promise<boolean> {
  const missing = new Error("not there");
  try {
    await cache.get([key], { isTrusted: true, filling: () => Promise.reject(missing) });
    return true;
  } catch (error) {
    if (error !== missing) throw error;
    return false;
  }
}

Deno.test("get() fetches once, also for those who ask at the same time, and again when the files differ", async () => {
  await withCache(async ({ cache, files, vfs, given }) => {
    const all = await files(10, "a", "b");
    let asked = 0;
    const wanted = filling(vfs, () => {
      asked++;
      return Promise.resolve(all);
    });
    const one = cache();
    const paths = await Promise.all([one.get(["k"], wanted), one.get(["k"], wanted)]);
    assert.equal(paths[0], paths[1]);
    assert.deepEqual(names(paths[0]), ["a", "b"]);
    assert.equal(asked, 1);
    for (const { url } of all) await vfs.remove(url);
    assert.equal(await one.get(["k"], wanted), paths[0]);
    const [other] = await files(4, "c");
    assert.deepEqual(names(await one.get(["k"], given([other!]))), ["c"]);
  });
});

Deno.test("two caches in one folder, as two processes have them, fetch once", async () => {
  await withCache(async ({ cache, files, vfs }) => {
    const all = await files(10, "a", "b");
    let filled = 0;
    const wanted = {
      filling: async () => {
        const { fingerprint, fill } = await fetching(vfs, all);
        return {
          fingerprint,
          fill: (folder: Location, options: OpOptions) => (filled++, fill(folder, options)),
        };
      },
    };
    const paths = await Promise.all([1, 2, 3, 4].map(() => cache().get(["k"], wanted)));
    assert.equal(new Set(paths).size, 1);
    assert.equal(filled, 1);
    assert.deepEqual(names(paths[0]!), ["a", "b"]);
  });
});

Deno.test("get() whose asker leaves goes on for the others, and stops when all have left", async () => {
  await withCache(async ({ cache, files, vfs }) => {
    const all = await files(10, "a");
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const wanted = filling(vfs, async (options) => {
      signal = options.signal;
      begun.resolve();
      await go.promise;
      return all;
    });
    const one = cache();
    const leaving = new AbortController();
    const first = one.get(["k"], { ...wanted, signal: leaving.signal });
    const second = one.get(["k"], wanted);
    await begun.promise;
    leaving.abort();
    await assert.rejects(first, isKind("Aborted"));
    assert.equal(signal?.aborted, false);
    go.resolve();
    assert.deepEqual(names(await second), ["a"]);
  });
});

Deno.test("beyond maxBytes the entries least lately used go, and neither the new one nor one that is held", async () => {
  await withCache(async ({ cache, files, folder, given }) => {
    const one = cache(250);
    const get = async (key: string) => {
      const path = await one.get([key], given(await files(100, "f")));
      // Times of files are too coarse for three calls.
      await new Promise((resolve) => setTimeout(resolve, 15));
      return path;
    };
    await get("a");
    await get("b");
    const held = one.hold(["a"]);
    await get("c");
    const there = (key: string) => has(one, key);
    assert.deepEqual(await Promise.all(["a", "b", "c"].map(there)), [true, false, true]);
    held[Symbol.dispose]();
    await get("d");
    assert.deepEqual(await Promise.all(["a", "b", "c", "d"].map(there)), [
      false,
      false,
      true,
      true,
    ]);
    assert.deepEqual(names(`${folder}/a`), [".lock"]);
  });
});

Deno.test("a crash between the steps of publishing leaves no folder that is taken for whole", async () => {
  await withCache(async ({ cache, files, folder, vfs, given }) => {
    const all = await files(10, "a", "b");
    await cache().get(["k"], given(all));
    await Deno.remove(`${folder}/k/manifest.json`);
    await Deno.remove(`${folder}/k/content/b`);
    assert.equal(await has(cache(), "k"), false);
    await vfs.remove(all[0]!.url);
    assert.deepEqual(names(await cache().get(["k"], given(all))), ["a", "b"]);
    for (const text of ['{"finger', "{}", "null", '{"fingerprint":"x","bytes":-0.5,"files":1}']) {
      await Deno.writeTextFile(`${folder}/k/manifest.json`, text);
      assert.equal(await has(cache(), "k"), false, text);
    }
  });
});

Deno.test("bytes that are not those of the digest are never published", async () => {
  await withCache(async ({ cache, files, folder, vfs, given }) => {
    const [file] = await files(10, "a") as [CachedFile];
    await vfs.writeFile(file.url, new Uint8Array(10));
    const one = cache();
    await assert.rejects(one.get(["k"], given([file])), isKind("Corrupt"));
    assert.equal(await has(one, "k"), false);
    assert.deepEqual(names(`${folder}/k`).includes("content"), false);
  });
});

Deno.test("forget() has removed the folder when it resolves", async () => {
  await withCache(async ({ cache, files, folder, given }) => {
    const one = cache();
    await one.get(["k"], given(await files(10, "a")));
    await one.forget(["k"], {});
    assert.deepEqual(names(`${folder}/k`), [".lock"]);
  });
});

Deno.test("what a try that broke off has left of other files is in no folder", async () => {
  await withCache(async ({ cache, files, vfs, given }) => {
    const before = await files(10, "a", "b");
    await vfs.remove(before[1]!.url);
    await assert.rejects(cache().get(["k"], given(before)), isKind("NotFound"));
    assert.deepEqual(names(await cache().get(["k"], given(await files(10, "c")))), ["c"]);
  });
});

/** The file driver on a disk with room for so many files of entries. */
function tinyDisk(room: { left: number }): TransportDriver {
  const driver = fileTransport();
  return {
    ...driver,
    async connect(options) {
      const transport = await driver.connect(options);
      const put: Transport["put"] = async (at, source, o) => {
        const isCounted = at.segments.includes("partial");
        if (isCounted && room.left <= 0) {
          throw new VfsError("StorageFull", { op: "write", url: at.href });
        }
        if (isCounted) room.left--;
        return await transport.put!(at, source, o);
      };
      const remove: Transport["remove"] = async (at, o) => {
        await transport.remove!(at, o);
        if (at.segments.includes("content")) room.left++;
      };
      return { ...transport, put, remove };
    },
  };
}

Deno.test("bad input: a full disk empties the rest of the cache, and then it goes on", async () => {
  const room = { left: 2 };
  await withCache(async ({ cache, files, given }) => {
    const one = cache();
    await one.get(["old"], given(await files(10, "a", "b")));
    assert.deepEqual(names(await one.get(["new"], given(await files(10, "c", "d")))), ["c", "d"]);
    assert.equal(await has(one, "old"), false);
  }, tinyDisk(room));
});

Deno.test("bad input: a disk that stays full is StorageFull, and nothing is left of the entry", async () => {
  const room = { left: 1 };
  await withCache(async ({ cache, files, folder, given }) => {
    const one = cache();
    const all = await files(10, "a", "b", "c");
    await assert.rejects(one.get(["k"], given(all)), isKind("StorageFull"));
    assert.deepEqual(names(`${folder}/k`), [".lock"]);
    room.left = 9;
    assert.deepEqual(names(await one.get(["k"], given(all))), ["a", "b", "c"]);
  }, tinyDisk(room));
});
