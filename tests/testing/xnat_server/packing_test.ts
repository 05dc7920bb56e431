/**
 * The emulator's zip and tar against random content and random damage.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { Zip, ZipDeflate } from "fflate";
import { bytesSource } from "../../../formats/mod.ts";
import { tar, untar } from "../../../testing/xnat_server/packing/tar.ts";
import {
  readMember,
  ZipError,
  zipMembers,
} from "../../../testing/xnat_server/packing/zip_reader.ts";
import { zipFiles } from "../../../testing/xnat_server/packing/zip_stream.ts";
import { type Packed, zip } from "../../../testing/xnat_server/packing/zip_writer.ts";

/** A zip whose members have their sums behind them. */
async function streamed(files: Record<string, string>): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const out = new Zip((_, piece) => pieces.push(new Uint8Array(piece)));
  for (const [path, text] of Object.entries(files)) {
    const member = new ZipDeflate(path);
    out.add(member);
    member.push(new TextEncoder().encode(text), true);
  }
  out.end();
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

type Content = Record<string, Uint8Array<ArrayBuffer>>;

function packed(content: Content): Packed[] {
  return Object.entries(content).map(([path, bytes]) => ({
    path,
    size: bytes.length,
    crc: crc32(bytes),
    modified: Date.UTC(2024, 1, 29),
    read: async function* () {
      yield await Promise.resolve(bytes);
    },
  }));
}

async function whole(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>) {
  return new Uint8Array(await new Blob(await Array.fromAsync(pieces)).arrayBuffer());
}

async function unzip(bytes: Uint8Array): Promise<Content> {
  const source = { ...bytesSource(bytes), size: bytes.length };
  const found: Content = {};
  for (const member of await zipMembers(source)) {
    found[member.path] = new Uint8Array(await readMember(source, member));
  }
  return found;
}

const name = fc.stringMatching(/^[a-zåß山]{1,60}(\/[a-z]{1,60}){0,3}$/);
const content = fc.dictionary(name, fc.uint8Array({ maxLength: 700 }), { noNullPrototype: true })
  .map((each) =>
    Object.fromEntries(Object.entries(each).map(([key, value]) => [key, new Uint8Array(value)]))
  );

Deno.test("zip() is read back by zipMembers(), stored and compressed", async () => {
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 0, max: 9 }), async (files, level) => {
      assert.deepEqual(await unzip(await whole(zip(packed(files), level))), files);
    }),
    { numRuns: 50 },
  );
});

Deno.test("zipFiles() reads what zip() and others write, from its beginning", async () => {
  const read = async (bytes: Uint8Array) => {
    const source = { ...bytesSource(bytes), size: bytes.length };
    const files = await Array.fromAsync(zipFiles(source));
    return Object.fromEntries(files.map(({ path, bytes }) => [path, new Uint8Array(bytes)]));
  };
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 0, max: 9 }), async (files, level) => {
      assert.deepEqual(await read(await whole(zip(packed(files), level))), files);
    }),
    { numRuns: 50 },
  );
  // Sums after the content, as those write who do not know them before.
  const late = await read(await streamed({ "a/b": "b", c: "c".repeat(500) }));
  assert.deepEqual(Object.entries(late).map(([path, { length }]) => [path, length]), [
    ["a/b", 1],
    ["c", 500],
  ]);
});

Deno.test("zipMembers() reads the zip64 directory of more than 65,535 members", async () => {
  const one = packed({ a: new Uint8Array(1) })[0]!;
  const many = Array.from({ length: 66_000 }, (_, n) => ({ ...one, path: `d/${n}` }));
  const bytes = await whole(zip(many));
  const members = await zipMembers({ ...bytesSource(bytes), size: bytes.length });
  assert.equal(members.length, 66_000);
  assert.equal(members.at(-1)!.path, "d/65999");
});

Deno.test("readMember() finds what a zip64 field tells of a member, and refuses one that is cut", async () => {
  const content = new TextEncoder().encode("far");
  const plain = await whole(zip(packed({ x: content })));
  const view = new DataView(plain.buffer);
  const start = view.getUint32(plain.length - 6, true);
  for (const numbers of [[3n, 3n, 0n], [3n]]) {
    const entry = plain.slice(start, plain.length - 22);
    const head = new DataView(entry.buffer);
    for (const at of [20, 24, 42]) head.setUint32(at, 0xFFFF_FFFF, true);
    head.setUint16(30, 4 + 8 * numbers.length, true);
    const field = new DataView(new ArrayBuffer(4 + 8 * numbers.length));
    field.setUint16(0, 1, true);
    field.setUint16(2, 8 * numbers.length, true);
    numbers.forEach((number, i) => field.setBigUint64(4 + 8 * i, number, true));
    const end = plain.slice(plain.length - 22);
    new DataView(end.buffer).setUint32(12, entry.length + field.byteLength, true);
    const parts = [plain.slice(0, start), entry, new Uint8Array(field.buffer), end];
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    if (numbers.length === 3) assert.deepEqual(await unzip(bytes), { x: content });
    else await assert.rejects(unzip(bytes), ZipError);
  }
});

Deno.test("untar() takes names from extended headers, and links for empty files", async () => {
  const header = new TextEncoder().encode("20 path=ä/long name\n");
  const bytes = await whole(tar(packed({
    PaxHeader: header,
    short: new Uint8Array([1]),
    link: new Uint8Array(0),
  })));
  const TYPE = 156;
  bytes[TYPE] = "x".charCodeAt(0);
  bytes[4 * 512 + TYPE] = "2".charCodeAt(0);
  assert.deepEqual(Array.from(untar(bytes), ({ path, bytes }) => [path, bytes.length]), [
    ["ä/long name", 1],
    ["link", 0],
  ]);
});

Deno.test("tar() is read back by untar(), with long names", async () => {
  await fc.assert(
    fc.asyncProperty(content, async (files) => {
      const found: Content = {};
      for (const { path, bytes } of untar(await whole(tar(packed(files))))) {
        found[path] = new Uint8Array(bytes);
      }
      assert.deepEqual(found, files);
    }),
    { numRuns: 50 },
  );
});

Deno.test("readMember() of a damaged zip gives the content or a ZipError", async () => {
  const files = { "a.txt": new Uint8Array(300).fill(65), "b/c": new Uint8Array([1, 2, 3]) };
  const sound = await whole(zip(packed(files), 6));
  const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(sound.length), async (changes, length) => {
      const bytes = sound.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        await unzip(length % 2 ? bytes : bytes.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof ZipError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
