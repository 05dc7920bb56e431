import { strict as assert } from "node:assert";
import fc from "fast-check";
import { createVfs } from "../../../mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import {
  concat as join,
  readerOf,
  sourceOfBytes,
  sourceOfStream,
} from "../../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { buildZip, zipOf } from "./_build.ts";

const FILES = {
  "a/1": "one",
  "a/2": "two",
  "b/3": "three".repeat(100),
  "b/deep/4": "",
  "5": "five",
};
const KINDS = {
  stored: zipOf(FILES),
  deflated: zipOf(FILES, { deflated: true }),
  "sizes after the data": zipOf(FILES, { deflated: true, described: true }),
  zip64: zipOf(FILES, { zip64: true }, { zip64: true }),
  "something before it": zipOf(FILES, {}, { before: seededBytes(1, 500) }),
};

const bytes = (text: string) => new TextEncoder().encode(text);
const concat = (parts: readonly Uint8Array[]) =>
  join(parts, parts.reduce((sum, { length }) => sum + length, 0));

async function open(bytes: Uint8Array<ArrayBuffer>) {
  const at = await inside(zipTransport(), bytes);
  const zip = new Kit(at.transport, at.root, at.dispose);
  const texts = async () => {
    const all: Record<string, string> = {};
    for (const path of await zip.paths()) all[path] = await zip.text(path);
    return all;
  };
  return { ...at, zip, texts };
}

for (const [kind, bytes] of Object.entries(KINDS)) {
  Deno.test(`zip, ${kind}: remove() and rename() leave all other members as they are`, async () => {
    const { zip, transport, texts } = await open(bytes);
    await using _ = zip;
    await transport.remove!(zip.at("a/1"), { signal: NEVER });
    await transport.rename!(zip.at("b"), zip.at("a/ähnlich länger"), { signal: NEVER });
    await transport.rename!(zip.at("5"), zip.at("a/2"), { signal: NEVER, overwrite: true });
    const expected = {
      "a/2": FILES["5"],
      "a/ähnlich länger/3": FILES["b/3"],
      "a/ähnlich länger/deep/4": "",
    };
    assert.deepEqual(await texts(), expected);
    await transport.put!(zip.at("new"), sourceOfBytes(new Uint8Array([65])), { signal: NEVER });
    assert.deepEqual(await texts(), { ...expected, new: "A" });
  });
}

Deno.test("zip remove() takes the bytes of the member out of the archive, and keeps what precedes it", async () => {
  await using vfs = createVfs();
  const before = seededBytes(1, 500);
  await vfs.writeFile("memory:///a.zip", zipOf({ keep: "keep", PHI: "John Doe" }, {}, { before }));
  await vfs.remove("zip://memory%3A%2F%2F%2Fa.zip/PHI");
  const now = await vfs.readFile("memory:///a.zip");
  assert(!new TextDecoder("latin1").decode(now).includes("John Doe"));
  assert.deepEqual(now.slice(0, 500), before);
  await vfs.remove("zip://memory%3A%2F%2F%2Fa.zip/keep");
  assert.deepEqual(await Array.fromAsync(vfs.entries("memory:///a.zip")), []);
});

Deno.test("zip put(), remove() and rename() leave comments, and all that is told of other members", async () => {
  const text = zipOf({ a: "a", b: "b" }, {}, { comment: "of the archive" });
  const at = findCentral(text);
  const view = new DataView(text.buffer);
  view.setUint16(at + 6, 10, true); // version that it takes
  view.setUint16(at + 36, 1, true); // it seems to be text
  const end = text.length - "of the archive".length - 22;
  const commented = concat([text.slice(0, at + 47), bytes("of a"), text.slice(at + 47)]);
  const shifted = new DataView(commented.buffer);
  shifted.setUint16(at + 32, 4, true);
  shifted.setUint32(end + 4 + 12, shifted.getUint32(end + 4 + 12, true) + 4, true);
  const told = commented.slice(at, at + 51);
  await using vfs = createVfs();
  const changes: Record<string, (url: string) => Promise<unknown>> = {
    put: (url) => vfs.writeFile(`${url}/new`, "new"),
    remove: (url) => vfs.remove(`${url}/b`),
    rename: (url) => vfs.move(`${url}/b`, `${url}/c`),
  };
  for (const [name, change] of Object.entries(changes)) {
    const url = `zip://memory%3A%2F%2F%2F${name}.zip`;
    await vfs.writeFile(`memory:///${name}.zip`, commented);
    await change(url);
    const now = await vfs.readFile(`memory:///${name}.zip`);
    const from = findCentral(now);
    assert.deepEqual(now.slice(from, from + told.length), told, name);
    assert(new TextDecoder().decode(now).endsWith("of the archive"), name);
    assert.equal(await vfs.readTextFile(`${url}/a`), "a");
  }
});

/** Where the directory begins. */
function findCentral(zip: Uint8Array): number {
  return zip.findIndex((_, i) => [0x50, 0x4b, 1, 2].every((byte, j) => zip[i + j] === byte));
}

Deno.test("zip removeMany() of every second member reads over them, and not part by part", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `${i}`);
  let gets = 0;
  const at = await inside(
    zipTransport(),
    zipOf(Object.fromEntries(names.map((name) => [name, `content of ${name}`]))),
    (inner) => ({ ...inner, get: (...args) => (gets++, inner.get(...args)) }),
  );
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const gone = names.filter((_, i) => i % 2 === 0);
  const left = await at.transport.removeMany!(gone.map((name) => zip.at(name)), { signal: NEVER });
  assert.equal(left.size, 0);
  assert(gets <= 4, `${gets} requests`);
  const kept = names.filter((_, i) => i % 2 === 1);
  assert.deepEqual(await zip.paths(), kept.toSorted());
  for (const name of kept) assert.equal(await zip.text(name), `content of ${name}`);
});

Deno.test("zip remove() ends what it reads of the archive, also when it cannot be stored", async () => {
  let opened = 0;
  let isFull = false;
  const at = await inside(zipTransport(), zipOf(FILES), (inner) => ({
    ...inner,
    async get(location, options) {
      const { body, ...got } = await inner.get(location, options);
      const reader = readerOf(body);
      let isOpen = true;
      opened++;
      const close = (reason?: unknown) => {
        if (isOpen) opened--;
        isOpen = false;
        return reader.close(reason);
      };
      return { ...got, body: { read: (into) => reader.read(into), close } };
    },
    async put(location, source, options) {
      if (!isFull) return await inner.put!(location, source, options);
      const reader = readerOf(await source.open());
      await reader.read();
      const full = new VfsError("StorageFull", { op: "write", url: location.href });
      await reader.close(full);
      throw full;
    },
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  await at.transport.remove!(zip.at("b/3"), { signal: NEVER });
  assert.equal(opened, 0);
  isFull = true;
  const removal = at.transport.remove!(zip.at("a/1"), { signal: NEVER });
  await assert.rejects(removal, { kind: "StorageFull" });
  assert.equal(opened, 0);
});

Deno.test("zip rename() of a name in code page 437 makes it one in UTF-8", async () => {
  const { zip, transport, texts } = await open(
    buildZip([{ name: new Uint8Array([0x81, 0x2e]), content: "x" }]),
  );
  await using _ = zip;
  assert.deepEqual(await texts(), { "ü.": "x" });
  await transport.rename!(zip.at("ü."), zip.at("日本"), { signal: NEVER });
  assert.deepEqual(await texts(), { "日本": "x" });
});

Deno.test("zip rename() of a member whose header tells a longer name leaves its bytes where programs look for them", async () => {
  const longer = { name: "d/x", content: "CONTENT", localName: "d/a longer name" };
  await using vfs = createVfs();
  await vfs.writeFile("memory:///a.zip", buildZip([longer, { name: "d/y", content: "CONTENT" }]));
  const zip = "zip://memory%3A%2F%2F%2Fa.zip";
  await vfs.move(`${zip}/d`, `${zip}/e`);
  for (const name of ["x", "y"]) {
    assert.equal(await vfs.readTextFile(`${zip}/e/${name}`), "CONTENT");
  }
  const whole = new TextDecoder().decode(await vfs.readFile("memory:///a.zip"));
  assert.deepEqual(whole.match(/e\/.CONTENT/g), ["e/xCONTENT", "e/yCONTENT"]);
});

Deno.test("zip remove() and rename() refuse what cannot be, and change nothing", async () => {
  const twice = buildZip([{ name: "d/x", content: "1" }, { name: "d/x", content: "2" }, {
    name: "e/y",
    content: "3",
  }]);
  const { zip, transport } = await open(twice);
  await using _ = zip;
  const signal = NEVER;
  const remove = (path: string, recursive?: boolean) =>
    transport.remove!(zip.at(path), { signal, recursive });
  const rename = (from: string, to: string, overwrite?: boolean) =>
    transport.rename!(zip.at(from), zip.at(to), { signal, overwrite });
  await rejection(remove("none"), "NotFound");
  await rejection(remove("e"), "NotEmpty");
  await rejection(remove("d/x"), "Corrupt");
  await rejection(remove("", true), "PermissionDenied");
  await rejection(rename("none", "other"), "NotFound");
  await rejection(rename("", "other"), "PermissionDenied");
  await rejection(rename("e", "e/in"), "InvalidArgument");
  await rejection(rename("e/y", "d"), "AlreadyExists");
  await rejection(rename("e", "d", true), "AlreadyExists");
  await rejection(rename("e/y", "e/y/z"), "InvalidArgument");
  for (const name of ["a\\b", "C:", "C:/a", "a".repeat(65_536)]) {
    await rejection(rename("e/y", name), "InvalidArgument");
    const put = transport.put!(zip.at(name), sourceOfBytes(new Uint8Array(1)), { signal });
    await rejection(put, "InvalidArgument");
  }
  assert.equal(await zip.text("e/y"), "3");
});

Deno.test("zip remove() in an archive that somebody else changes meanwhile looks anew, and changes nothing of theirs", async () => {
  const theirs = zipOf({ theirs: "theirs" });
  for (const moment of ["before it is read", "once it is read"]) {
    let isReading = false;
    let change = () => Promise.resolve();
    const at = await inside(zipTransport(), zipOf(FILES), (inner) => ({
      ...inner,
      async put(location, source, options) {
        isReading = true;
        if (moment === "before it is read") await change();
        return await inner.put!(location, source, options);
      },
      async get(location, options) {
        const got = await inner.get(location, options);
        if (isReading && moment === "once it is read") await change();
        return got;
      },
    }));
    await using zip = new Kit(at.transport, at.root, at.dispose);
    change = () => at.replace(theirs);
    await rejection(at.transport.remove!(zip.at("5"), { signal: NEVER }), "NotFound");
    assert.deepEqual(await zip.names("", { refresh: true }), ["theirs"], moment);
  }
});

Deno.test("zip put() of what is large deflates it where that is worth it, and else leaves it as it is", async () => {
  const { zip, transport } = await open(zipOf({}));
  await using _ = zip;
  const row = seededBytes(3, 1000);
  const worth = new Uint8Array(3_000_000).map((_, i) => i % 2 === 0 ? row[i % 1000]! : 0);
  const contents = { worth, not: seededBytes(4, 3_000_000), empty: new Uint8Array() };
  for (const [name, content] of Object.entries(contents)) {
    const source = sourceOfStream(new Blob([content]).stream());
    await transport.put!(zip.at(name), source, { signal: NEVER });
  }
  for (const [name, content] of Object.entries(contents)) {
    assert.deepEqual(await zip.bytes(name), content, name);
  }
  const packed = async (name: string) => (await zip.stat(name)).attributes?.packed as number;
  assert(await packed("worth") < 2_000_000);
  assert.equal(await packed("not"), 3_000_000);
});

Deno.test("zip put(), remove() and rename() in any order leave what they would in a map", async () => {
  const name = fc.constantFrom("a", "b", "d/a", "d/b", "d/e/a", "ü");
  const step = fc.oneof(
    fc.record({ op: fc.constant("put" as const), name, text: fc.string() }),
    fc.record({ op: fc.constant("remove" as const), name }),
    fc.record({ op: fc.constant("rename" as const), name, to: name }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { zip, transport, texts } = await open(
        zipOf({ a: "1", "d/a": "2" }, { deflated: true }),
      );
      await using _ = zip;
      const map = new Map([["a", "1"], ["d/a", "2"]]);
      for (const one of steps) {
        try {
          if (one.op === "put") {
            const source = sourceOfBytes(new TextEncoder().encode(one.text));
            await transport.put!(zip.at(one.name), source, { signal: NEVER });
            map.set(one.name, one.text.toWellFormed());
          } else if (one.op === "remove") {
            await transport.remove!(zip.at(one.name), { signal: NEVER });
            map.delete(one.name);
          } else {
            const options = { signal: NEVER, overwrite: true };
            await transport.rename!(zip.at(one.name), zip.at(one.to), options);
            const text = map.get(one.name)!;
            map.delete(one.name);
            map.set(one.to, text);
          }
        } catch (error) {
          if (!isVfsError(error) || error.kind !== "NotFound") throw error;
          assert(!map.has("name" in one ? one.name : ""));
        }
      }
      assert.deepEqual(await texts(), Object.fromEntries(map));
    }),
    { numRuns: 60, seed: 11 },
  );
});
