import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import { seededBytes } from "../../../testing/random.ts";
import { collect, concat, readerOf } from "../../../vfs/bytes/bytes.ts";
import { Location } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { buildZip, type Draft, type Frame, zipOf } from "./_build.ts";

async function open(
  drafts: readonly Draft[] | Uint8Array<ArrayBuffer>,
  frame?: Frame,
  around?: (inner: Transport) => Transport,
): Promise<Kit> {
  const bytes = drafts instanceof Uint8Array ? drafts : buildZip(drafts, frame);
  const { transport, root, dispose } = await inside(zipTransport(), bytes, around);
  return new Kit(transport, root, dispose);
}

/** Counts what is asked of the archive's transport. */
function counting(calls: string[]): (inner: Transport) => Transport {
  return (inner) => ({
    ...inner,
    stat: (at, o) => (calls.push("stat"), inner.stat(at, o)),
    get: (at, o) => (calls.push(`get ${JSON.stringify(o.range)}`), inner.get(at, o)),
  });
}

Deno.test("zip names: UTF-8, code page 437, Unix without the flag, and the Unicode path field", async () => {
  const umlaut = new TextEncoder().encode("Müller");
  await using zip = await open([
    { name: "größe", content: "1" },
    { name: new Uint8Array([0x81, 0x2e, 0x31]), content: "2" },
    { name: umlaut, madeBy: 3 << 8 | 20, content: "3" },
    {
      name: new Uint8Array([0x3f, 0x80]),
      // CRC-32 of the name, then 日 in UTF-8.
      extra: unicodePath(new Uint8Array([0x3f, 0x80]), "日"),
      content: "4",
    },
  ]);
  assert.deepEqual(await zip.names(), ["Müller", "größe", "ü.1", "日"].sort());
  assert.equal(await zip.text("日"), "4");
});

Deno.test("zip get() reads a member with one request once the directory is known", async () => {
  const calls: string[] = [];
  const large = seededBytes(7, 3_000_000);
  await using zip = await open(
    [{ name: "a", content: large }, { name: "b", content: large, deflated: true }],
    {},
    counting(calls),
  );
  await zip.names();
  assert.equal(calls.splice(0).length, 1);
  assert.deepEqual(await zip.bytes("a"), large);
  assert.deepEqual(await zip.bytes("b"), large);
  assert.equal(calls.splice(0).length, 2);
  const range = { start: 2_000_000, end: 2_000_010 };
  assert.deepEqual(await zip.bytes("a", { range }), large.subarray(2_000_000, 2_000_010));
  assert.equal(calls[1], 'get {"start":2000031,"end":2000041}');
  assert.equal(calls.length, 2);
});

/** Gives bodies in pieces of a few bytes, and counts those that are open. */
function inPieces(seen: { open: number }): (inner: Transport) => Transport {
  return (inner) => ({
    ...inner,
    async get(at, o) {
      const got = await inner.get(at, o);
      const bytes = await collect(got.body);
      if (o.whole) return { ...got, body: bytes };
      let from = 0;
      let isOpen = true;
      seen.open++;
      return {
        ...got,
        body: {
          read: () =>
            Promise.resolve(from < bytes.length ? bytes.slice(from, from += 7) : undefined),
          close() {
            if (isOpen) seen.open--;
            isOpen = false;
            return Promise.resolve();
          },
        },
      };
    },
  });
}

Deno.test("zip reads a member that comes in small pieces, and closes it at the end of a part, and where it is damaged", async () => {
  const seen = { open: 0 };
  const content = seededBytes(3, 1000);
  const drafts: Draft[] = [
    { name: "stored", content },
    { name: "deflated", content, deflated: true },
    { name: "wrong", content, localName: "other" },
  ];
  await using zip = await open(drafts, {}, inPieces(seen));
  for (const name of ["stored", "deflated"]) {
    assert.deepEqual(await zip.bytes(name), content, name);
    assert.equal(seen.open, 0, name);
    const range = { start: 100, end: 200 };
    const { body } = await zip.transport.get(zip.at(name), { range, signal: NEVER });
    const reader = readerOf(body);
    const part: Uint8Array[] = [];
    for (let c = await reader.read(); c; c = await reader.read()) part.push(c);
    assert.deepEqual(concat(part, 100), content.subarray(100, 200), name);
    assert.equal(seen.open, 0, `a part of ${name}`);
  }
  await rejection(zip.bytes("wrong"), "Corrupt");
  assert.equal(seen.open, 0, "wrong");
});

Deno.test("zip folders are those with a slash at their end, and those that Unix says are some", async () => {
  const external = 0o040755 * 2 ** 16;
  await using zip = await open([{ name: "a/" }, { name: "b", external, madeBy: 3 << 8 | 20 }]);
  assert.deepEqual(await zip.names(), ["a/", "b/"]);
});

Deno.test("zip reads a directory longer than the tail with a second request", async () => {
  const calls: string[] = [];
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`a/long/folder/name/${i}.dcm`, `${i}`]),
  );
  await using zip = await open(zipOf(files), {}, counting(calls));
  assert.equal((await zip.names("a/long/folder/name")).length, 3000);
  assert.equal(calls.length, 2);
  assert.equal(await zip.text("a/long/folder/name/2999.dcm"), "2999");
  assert.equal(calls.length, 3);
});

Deno.test("zip skips what stands before the archive, and a comment after it", async () => {
  const frame = { before: seededBytes(3, 777), comment: "made by a test" };
  await using zip = await open([{ name: "a/b", content: "x", deflated: true }], frame);
  assert.equal(await zip.text("a/b"), "x");
  const frame64 = { ...frame, zip64: true };
  await using zip64 = await open([{ name: "a/b", content: "y", zip64: true }], frame64);
  assert.equal(await zip64.text("a/b"), "y");
});

Deno.test("zip sees a replaced archive at the next read, and at the next listing that asks anew", async () => {
  const { transport, root, replace, dispose } = await inside(
    zipTransport(),
    zipOf({ a: "old", b: "gone" }),
  );
  await using zip = new Kit(transport, root, dispose);
  assert.equal(await zip.text("a"), "old");
  await replace(zipOf({ b: "longer than before", a: "new" }));
  assert.equal(await zip.text("a"), "new");
  await replace(zipOf({ c: "third" }));
  assert.deepEqual(await zip.names("", { refresh: true }), ["c"]);
});

Deno.test("zip reads a member of an archive that is replaced again and again while it is looked at", async () => {
  const versions = ["second", "third", "fourth"];
  const at = await inside(zipTransport(), zipOf({ a: "old" }), (inner): Transport => ({
    ...inner,
    async get(location, o) {
      const isMember = o.range && "start" in o.range && o.range.start === 0;
      const next = isMember ? versions.shift() : undefined;
      if (next) await at.replace(zipOf({ a: next }));
      return await inner.get(location, o);
    },
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  assert.equal(await zip.text("a"), "fourth");
});

Deno.test("zip members that are encrypted, linked or compressed otherwise are listed, and refused by name", async () => {
  await using zip = await open([
    { name: "secret", content: "x", flags: 0x801 },
    { name: "link", content: "/etc/passwd", madeBy: 3 << 8, external: 0xa1ff0000 },
    { name: "lzma", content: "x", method: 14 },
    { name: "fine", content: "x" },
  ]);
  assert.deepEqual(await zip.names(), ["fine", "link", "lzma", "secret"]);
  assert.equal((await zip.stat("link")).kind, "other");
  assert.equal((await zip.stat("secret")).attributes?.encrypted, true);
  assert.match((await rejection(zip.text("secret"), "NotSupported")).message, /encrypted/);
  assert.match((await rejection(zip.text("lzma"), "NotSupported")).message, /method 14/);
  await rejection(zip.text("link"), "NotSupported");
  assert.equal(await zip.text("fine"), "x");
});

Deno.test("zip patterns are those of imagedata: fnmatchcase on a member, or on what is below it", async () => {
  await using zip = await open(zipOf({
    "time/time00/Image_00019.dcm": "a",
    "time/time01/Image_00020.dcm": "b",
    "Time/x": "c",
    "d/[1]": "d",
  }));
  const view = (query: string) =>
    zip.paths(new Location({ scheme: "zip", host: zip.root.host, query }));
  const [first, second] = ["time/time00/Image_00019.dcm", "time/time01/Image_00020.dcm"];
  assert.deepEqual(await view("time/time00"), [first]);
  assert.deepEqual(await view("time/"), [first, second]);
  assert.deepEqual(await view("time"), [first, second]);
  assert.deepEqual(await view("*19.dcm"), [first]);
  assert.deepEqual(await view("*0[01]/Image_0002[01].dcm"), [second]);
  assert.deepEqual(await view("[!t]ime"), ["Time/x"]);
  assert.deepEqual(await view("d/[[]1]"), ["d/[1]"]);
  assert.deepEqual(await view("T?me*"), ["Time/x"]);
  await rejection(view("nothing*"), "NotFound");
  const hidden = new Location({
    scheme: "zip",
    host: zip.root.host,
    segments: ["Time", "x"],
    query: "d",
  });
  await rejection(zip.transport.stat(hidden, { signal: NEVER }), "NotFound");
});

function unicodePath(name: Uint8Array, text: string): Uint8Array {
  const utf8 = new TextEncoder().encode(text);
  const bytes = new Uint8Array(9 + utf8.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x7075, true);
  view.setUint16(2, 5 + utf8.length, true);
  view.setUint8(4, 1);
  view.setUint32(5, crc32(name), true);
  bytes.set(utf8, 9);
  return bytes;
}

Deno.test("zip in what has no etags sees a replaced archive by its size", async () => {
  const plain = (inner: Transport): Transport => ({
    ...inner,
    capabilities: { ...inner.capabilities, etag: false },
    async get(at, o) {
      const got = await inner.get(at, o);
      return { ...got, info: { ...got.info, etag: undefined } };
    },
  });
  const at = await inside(zipTransport(), zipOf({ a: "old" }), plain);
  await using zip = new Kit(at.transport, at.root, at.dispose);
  assert.equal(await zip.text("a"), "old");
  await at.replace(zipOf({ before: "other", a: "newer" }));
  assert.equal(await zip.text("a"), "newer");
  assert.equal((await zip.stat("a")).etag, undefined);
});
