import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { readerOf, sourceOfBytes, sourceOfStream } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { zipOf } from "./_build.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** After so many pieces of it, or `Infinity` for all, were read somebody else changes it; and whether its transport knows what it replaces. */
interface Manner {
  readonly pieces?: number;
  readonly putsIfMatch?: boolean;
}

/** A zip that somebody else changes whenever one of the first `times` attempts to store it is made. */
async function changing(times: number, { pieces = 0, putsIfMatch = true }: Manner = {}) {
  const seen = { attempts: 0 };
  const at = await inside(zipTransport(), zipOf({ old: "old" }), (inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities, putsIfMatch },
    async put(location, source, options) {
      const isChanged = seen.attempts++ < times;
      const theirs = () => at.replace(zipOf({ old: "old", [`theirs ${seen.attempts}`]: "theirs" }));
      if (isChanged && pieces === 0) await theirs();
      const open = async () => {
        const reader = readerOf(await source.open());
        let read = 0;
        return {
          ...reader,
          async read() {
            const chunk = await reader.read();
            const isNow = chunk ? ++read === pieces : pieces === Infinity;
            if (isChanged && isNow) await theirs();
            return chunk;
          },
        };
      };
      return await inner.put!(location, { ...source, open }, options);
    },
  }));
  return { at, seen };
}

for (
  const [when, manner] of [
    ["in between, on what cannot tell what it replaces", { pieces: 1, putsIfMatch: false }],
    ["at the last moment, on what replaces one version alone", { pieces: Infinity }],
  ] as const
) {
  Deno.test(`zip put() and rename() lose nothing of an archive that is changed ${when}`, async () => {
    for (const what of ["put", "rename"]) {
      const { at, seen } = await changing(1, manner);
      await using zip = new Kit(at.transport, at.root, at.dispose);
      await (what === "put"
        ? at.transport.put!(zip.at("new"), sourceOfBytes(bytes("ours")), { signal: NEVER })
        : at.transport.rename!(zip.at("old"), zip.at("new"), { signal: NEVER }));
      assert.equal(seen.attempts, 2);
      const old = what === "put" ? ["new", "old"] : ["new"];
      assert.deepEqual(await zip.names("", { refresh: true }), [...old, "theirs 1"]);
    }
  });
}

Deno.test("zip put() into an archive that somebody else changes meanwhile is there beside theirs", async () => {
  const { at, seen } = await changing(2);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  await at.transport.put!(zip.at("ours"), sourceOfBytes(bytes("ours")), { signal: NEVER });
  assert.equal(seen.attempts, 3);
  assert.deepEqual(await zip.names("", { refresh: true }), ["old", "ours", "theirs 2"]);
  assert.equal(await zip.text("ours"), "ours");
});

Deno.test("zip rename() in an archive that somebody else changes meanwhile keeps theirs", async () => {
  const { at } = await changing(1);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  await at.transport.rename!(zip.at("old"), zip.at("new"), { signal: NEVER });
  assert.deepEqual(await zip.names("", { refresh: true }), ["new", "theirs 1"]);
});

Deno.test("zip put() into an archive that somebody else never ceases to change gives up", async () => {
  const { at, seen } = await changing(Infinity);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const put = at.transport.put!(zip.at("ours"), sourceOfBytes(bytes("ours")), { signal: NEVER });
  const error = await rejection(put, "ConditionFailed");
  assert.match(error.message, /somebody else changed it meanwhile, each of 30 times/);
  assert.equal(seen.attempts, 30);
  assert.deepEqual(await zip.names("", { refresh: true }), ["old", "theirs 30"]);
});

Deno.test("zip put() of what can be read but once is not tried again", async () => {
  const { at, seen } = await changing(1);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const source = sourceOfStream(new Blob([bytes("ours")]).stream());
  await rejection(at.transport.put!(zip.at("ours"), source, { signal: NEVER }), "ConditionFailed");
  assert.equal(seen.attempts, 1);
});

Deno.test("zip put() tells a source that changed from an archive that did", async () => {
  const { at, seen } = await changing(0);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const { VfsError } = await import("../../../vfs/errors.ts");
  const failure = new VfsError("ConditionFailed", { op: "read", url: "memory:///source" });
  const source = { replayable: true, open: () => Promise.reject(failure) };
  const put = at.transport.put!(zip.at("ours"), source, { signal: NEVER });
  assert.equal(await rejection(put, "ConditionFailed"), failure);
  assert.equal(seen.attempts, 1);
});

Deno.test("zip put() of two connections at once into one archive on disk loses nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using a = createVfs();
    await using b = createVfs();
    const url = `zip://${encodeURIComponent(`${toFileUrl(folder)}/a.zip`)}`;
    const puts = [a, b].flatMap((vfs, i) =>
      Array.from({ length: 20 }, async (_, j) => {
        // Not all at once, which would be stored together.
        await new Promise((resolve) => setTimeout(resolve, 7 * j));
        await vfs.writeFile(`${url}/${i}-${j}`, `${i}-${j}`);
      })
    );
    await Promise.all(puts);
    await using c = createVfs();
    const found: string[] = [];
    for await (const { name, url: at } of c.entries(url, { includeDirs: false })) {
      assert.equal(await c.readTextFile(at), name);
      found.push(name);
    }
    assert.equal(found.length, 40);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("zip put() of several processes at once into one archive loses nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const url = `zip://${encodeURIComponent(`${toFileUrl(folder)}/a.zip`)}`;
    const child = new URL("writer_child.ts", import.meta.url).href;
    const writers = ["a", "b", "c"].map(async (name) => {
      const args = ["run", "-A", "--no-prompt", child, url, name, "15"];
      const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    });
    await Promise.all(writers);
    await using vfs = createVfs();
    const found: string[] = [];
    for await (const { name } of vfs.entries(url, { includeDirs: false })) found.push(name);
    assert.equal(found.length, 45);
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["a.zip"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("zip put() that could not be stored at first, and can once somebody else changed the archive, is told as it is", async () => {
  let isFirst = true;
  const at = await inside(zipTransport(), zipOf({ "new/f": "in the way" }), (inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities, putsIfMatch: true },
    async put(location, source, options) {
      if (isFirst) await at.replace(zipOf({ theirs: "theirs" }));
      isFirst = false;
      return await inner.put!(location, source, options);
    },
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const puts = ["new", "other"].map((path) =>
    at.transport.put!(zip.at(path), sourceOfBytes(bytes(path)), { signal: NEVER })
  );
  const ends = (await Promise.allSettled(puts)).map(({ status }) => status);
  assert.deepEqual(ends, ["fulfilled", "fulfilled"]);
  assert.deepEqual(await zip.names("", { refresh: true }), ["new", "other", "theirs"]);
});
