/**
 * The emulator's zip and tar against random content and random damage.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { bytesSource } from "../../../formats/mod.ts";
import { tar, untar } from "../../../testing/xnat_server/packing/tar.ts";
import {
  readMember,
  ZipError,
  zipMembers,
} from "../../../testing/xnat_server/packing/zip_reader.ts";
import { type Packed, zip } from "../../../testing/xnat_server/packing/zip_writer.ts";

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
