import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { sourceOfBytes, sourceOfStream } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { zipOf } from "./_build.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("zip put() leaves every byte before the directory as it was", async () => {
  await using vfs = createVfs();
  const prefix = seededBytes(9, 333);
  const old = zipOf({ "a/old": "old", "a/replaced": "1" }, { deflated: true }, { before: prefix });
  await vfs.writeFile("memory:///a.zip", old);
  const url = "zip://memory%3A%2F%2F%2Fa.zip";
  await vfs.writeFile(`${url}/a/replaced`, "2");
  await vfs.writeFile(`${url}/new`, "3");
  const now = await vfs.readFile("memory:///a.zip");
  const directory = 333 + 2 * 30 + "a/old".length + "a/replaced".length + 5 + 3;
  assert.deepEqual(now.subarray(0, directory), old.subarray(0, directory));
  const found: Record<string, string> = {};
  for await (const { name, url: at } of vfs.entries(url, { includeDirs: false })) {
    found[name] = await vfs.readTextFile(at);
  }
  assert.deepEqual(found, { new: "3", old: "old", replaced: "2" });
});

Deno.test("zip put() of many at once stores the archive a few times, not once for each", async () => {
  let puts = 0;
  const { transport, root, dispose } = await inside(zipTransport(), undefined, (inner) => ({
    ...inner,
    put: (at, source, o) => (puts++, inner.put!(at, source, o)),
  }));
  await using zip = new Kit(transport, root, dispose);
  const names = Array.from({ length: 200 }, (_, i) => `d/${i}`);
  await Promise.all(
    names.map((name) =>
      transport.put!(zip.at(name), sourceOfBytes(bytes(name)), { signal: NEVER })
    ),
  );
  assert(puts < 10, `${puts} times`);
  for (const name of names) assert.equal(await zip.text(name), name);
});

Deno.test("zip put() keeps times that four bytes cannot hold, so that a sync copies nothing twice", async () => {
  await using vfs = createVfs();
  const times = [
    "1650-06-01",
    "1901-12-13",
    "1969-07-20",
    "2038-01-18",
    "2038-01-20",
    "2500-02-03",
  ];
  for (const time of times) {
    await vfs.writeFile(`memory:///s/${time}`, time, { mtime: new Date(`${time}T01:02:03Z`) });
  }
  const url = "zip://memory%3A%2F%2F%2Fa.zip";
  assert.equal((await vfs.sync("memory:///s", url)).done, times.length);
  for (const time of times) {
    const { mtime } = await vfs.stat(`${url}/${time}`);
    assert.equal(mtime?.toISOString(), `${time}T01:02:03.000Z`);
  }
  assert.equal((await vfs.sync("memory:///s", url)).done, 0);
});

Deno.test("zip put() of a stream of unknown size is read back, and its checksum is right", async () => {
  const { transport, root, dispose } = await inside(zipTransport(), undefined);
  await using zip = new Kit(transport, root, dispose);
  const content = seededBytes(6, 3_000_000);
  const source = () => sourceOfStream(new Blob([content]).stream());
  await transport.put!(zip.at("large"), source(), { signal: NEVER });
  await transport.put!(zip.at("small"), sourceOfBytes(bytes("x")), { signal: NEVER });
  assert.deepEqual(await zip.bytes("large"), content);
  assert.equal(await zip.text("small"), "x");
});

Deno.test("zip put() into an archive that somebody else changes meanwhile stores nothing", async () => {
  const theirs = zipOf({ theirs: "theirs" });
  const at = await inside(zipTransport(), zipOf({ old: "old" }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const chunks = [bytes("a"), bytes("b")];
  const source = {
    replayable: false,
    open: () =>
      Promise.resolve({
        async read() {
          if (chunks.length === 1) await at.replace(theirs);
          return chunks.shift();
        },
        close: () => Promise.resolve(),
      }),
  };
  await rejection(at.transport.put!(zip.at("new"), source, { signal: NEVER }), "ConditionFailed");
  assert.deepEqual(await zip.names("", { refresh: true }), ["theirs"]);
});

Deno.test("zip put() that is aborted does not spoil those that are stored with it", async () => {
  const at = await inside(zipTransport(), undefined, slow);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const stop = new AbortController();
  const put = (name: string, { signal }: AbortController) =>
    at.transport.put!(zip.at(name), sourceOfBytes(bytes(name)), { signal });
  // All can be aborted: what cannot be is read sooner, and then stored without the others.
  const puts = [
    put("a", new AbortController()),
    put("b", stop),
    put("c", new AbortController()),
  ];
  setTimeout(() => stop.abort(), 20);
  const outcomes = await Promise.allSettled(puts);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(await zip.names(), ["a", "c"]);
});

Deno.test("zip put() tells why its source failed, whatever the archive's transport makes of it", async () => {
  const at = await inside(zipTransport(), zipOf({ old: "old" }), (inner) => ({
    ...inner,
    put: (location, source, o) =>
      inner.put!(location, source, o).catch(() => Promise.reject(new Error("cannot store it"))),
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const cut = new VfsError("Corrupt", { op: "read", url: "memory:///from" });
  const read = () => Promise.reject(cut);
  const open = () => Promise.resolve({ read, close: () => Promise.resolve() });
  const put = at.transport.put!(zip.at("new"), { open, replayable: true }, { signal: NEVER });
  await assert.rejects(put, cut);
  assert.deepEqual(await zip.names(), ["old"]);
});

/** Takes 100 ms to store, and stops when it is told to. */
function slow(inner: Transport): Transport {
  return {
    ...inner,
    async put(at, source, o) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, 100);
        o.signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(o.signal.reason);
        }, { once: true });
      });
      return await inner.put!(at, source, o);
    },
  };
}

Deno.test("zip in what cannot store whole files at once is there to read", async () => {
  const { transport, dispose } = await inside(zipTransport(), undefined, (inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities, put: "partial" },
  }));
  assert.equal(transport.capabilities.put, "none");
  assert.equal(transport.put, undefined);
  await dispose();
});

Deno.test("copy() of a tree into a new zip, and out of it, is the same tree", async () => {
  await using vfs = createVfs();
  for (let i = 0; i < 50; i++) await vfs.writeFile(`memory:///in/${i % 7}/${i}`, `${i}`);
  const report = await vfs.copy("memory:///in", "zip://memory%3A%2F%2F%2Fnew.zip/tree");
  assert.equal(report.done, 50);
  await vfs.copy("zip://memory%3A%2F%2F%2Fnew.zip/tree", "memory:///out");
  for (let i = 0; i < 50; i++) {
    assert.equal(await vfs.readTextFile(`memory:///out/${i % 7}/${i}`), `${i}`);
  }
});

Deno.test("zip put() at once of a file and of what would be in it stores the first, and refuses the second", async () => {
  const { transport, root, dispose } = await inside(zipTransport(), zipOf({ "old/x": "x" }));
  await using zip = new Kit(transport, root, dispose);
  const put = (path: string) =>
    transport.put!(zip.at(path), sourceOfBytes(bytes(path)), { signal: NEVER });
  const [fine, file, below, folder, late, above] = await Promise.allSettled(
    [put("a"), put("f"), put("f/x"), put("old"), put("z/y"), put("z")],
  );
  assert.deepEqual([fine, file, late].map((each) => each?.status), Array(3).fill("fulfilled"));
  await rejection(Promise.reject((below as PromiseRejectedResult).reason), "NotADirectory");
  for (const each of [folder, above]) {
    await rejection(Promise.reject((each as PromiseRejectedResult).reason), "IsADirectory");
  }
  assert.deepEqual(await zip.paths(), ["a", "f", "old/x", "z/y"]);
});

Deno.test("zip put() of a small file does not deflate all of what begins as noise does", async () => {
  await using vfs = createVfs();
  const url = "zip://memory%3A%2F%2F%2Fa.zip/f";
  const size = 512 * 1024;
  const sizeOf = async (content: Uint8Array<ArrayBuffer>) => {
    await vfs.writeFile(url, content);
    assert.deepEqual(await vfs.readFile(url), content);
    const { size } = await vfs.stat("memory:///a.zip");
    await vfs.remove(url);
    return size!;
  };
  const noisy = new Uint8Array(size);
  noisy.set(seededBytes(3, 64 * 1024));
  assert(await sizeOf(noisy) > size);
  assert(await sizeOf(new Uint8Array(size)) < size / 100);
});

Deno.test("zip put() into what is no zip, or cannot be looked at, is an error and leaves it", async () => {
  const content = new TextEncoder().encode("no zip, but somebody's");
  let isAway = false;
  const away = new VfsError("Unavailable", { op: "stat", url: "memory:///archives/a.zip" });
  let puts = 0;
  const at = await inside(zipTransport(), content.slice(), (inner) => ({
    ...inner,
    stat: (...args) => isAway ? Promise.reject(away) : inner.stat(...args),
    get: (...args) => isAway ? Promise.reject(away) : inner.get(...args),
    put: (...args) => (puts++, inner.put!(...args)),
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const put = () => at.transport.put!(zip.at("new"), sourceOfBytes(content), { signal: NEVER });
  await assert.rejects(put(), { kind: "Corrupt" });
  isAway = true;
  await assert.rejects(put(), { kind: "Unavailable" });
  assert.equal(puts, 0);
});

Deno.test("zip put() stores what it was given, though that changes before the archive is written", async () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const at = await inside(zipTransport(), undefined, (inner) => ({
    ...inner,
    put: async (...args) => {
      begun.resolve();
      await go.promise;
      return await inner.put!(...args);
    },
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const noise = crypto.getRandomValues(new Uint8Array(1000));
  const before = noise.slice();
  const putting = at.transport.put!(zip.at("a"), sourceOfBytes(noise), { signal: NEVER });
  await begun.promise;
  noise.fill(0);
  go.resolve();
  await putting;
  assert.deepEqual(await zip.bytes("a"), before);
});
