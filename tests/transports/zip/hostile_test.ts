import { strict as assert } from "node:assert";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { seededBytes } from "../../../testing/random.ts";
import { record } from "../../../formats/zip/write_records.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import type { ZipLimits } from "../../../transports/zip/limits.ts";
import { Location } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { buildZip, type Draft, type Frame, zipOf } from "./_build.ts";

async function open(
  drafts: readonly Draft[] | Uint8Array<ArrayBuffer>,
  frame?: Frame,
  limits?: ZipLimits,
): Promise<Kit> {
  const bytes = drafts instanceof Uint8Array ? drafts : buildZip(drafts, frame);
  const { transport, root, dispose } = await inside(zipTransport({ limits }), bytes);
  return new Kit(transport, root, dispose);
}

const BAD_NAMES = ["../up", "a/../../up", "/abs", "C:/x", "c:x", "a\\b", "a\0b", "", "a//b", ".."];

for (const name of BAD_NAMES) {
  Deno.test(`zip with the name ${JSON.stringify(name)}: no listing seems whole, others are read`, async () => {
    await using zip = await open([{ name, content: "bad" }, { name: "good/x", content: "good" }]);
    const error = await rejection(zip.names(), "Corrupt");
    assert(error.message.includes("no name that can be used"));
    await rejection(zip.paths(), "Corrupt");
    assert.deepEqual(await zip.names("good"), ["x"]);
    assert.equal(await zip.text("good/x"), "good");
  });
}

Deno.test("zip with a name that is not the UTF-8 it claims: no listing seems whole", async () => {
  await using zip = await open([{ name: new Uint8Array([0xff, 0xfe]), flags: 0x800 }]);
  await rejection(zip.names(), "Corrupt");
});

Deno.test("zip with a name as file and folder: neither is read, and no listing seems whole; with a name twice: the rest is", async () => {
  await using zip = await open([
    { name: "d/twice", content: "1" },
    { name: "d/twice", content: "2" },
    { name: "both", content: "1" },
    { name: "both/x", content: "2" },
    { name: "e/", content: "" },
    { name: "e/", content: "" },
    { name: "e/ok", content: "ok" },
  ]);
  await rejection(zip.text("d/twice"), "Corrupt");
  await rejection(zip.stat("d/twice"), "Corrupt");
  await rejection(zip.text("both"), "Corrupt");
  await rejection(zip.text("both/x"), "Corrupt");
  assert.deepEqual(await zip.names("d"), ["twice"]);
  await rejection(zip.names(), "Corrupt");
  assert.deepEqual(await zip.names("e"), ["ok"]);
  assert.equal(await zip.text("e/ok"), "ok");
});

Deno.test("zip seen through a pattern: what cannot be told apart is in no list that seems whole", async () => {
  const drafts = [
    { name: "d/both", content: "1" },
    { name: "d/both/x.dcm", content: "2" },
    { name: "d/twice.dcm", content: "1" },
    { name: "d/twice.dcm", content: "2" },
    { name: "e/y.dcm", content: "3" },
  ];
  await using zip = await open(drafts);
  await using other = await open(drafts.slice(2));
  const list = (of: Kit, query: string, ...segments: string[]) =>
    of.names(new Location({ scheme: "zip", host: of.root.host, segments, query }));
  for (const query of ["*x.dcm", "*/y.dcm"]) await rejection(list(zip, query, "d"), "Corrupt");
  assert.deepEqual(await list(zip, "*/y.dcm"), ["d/", "e/"]);
  assert.deepEqual(await list(other, "*twice.dcm", "d"), ["twice.dcm"]);
  assert.deepEqual(await list(other, "*/y.dcm"), ["e/"]);
});

Deno.test("copy() and walk() of a zip with a name twice or more: all others come, and it fails by its name", async () => {
  for (const times of [2, 3]) {
    await using vfs = createVfs();
    const drafts = Array.from({ length: times }, (_, i) => ({ name: "d/twice", content: `${i}` }));
    await vfs.writeFile("memory:///a.zip", buildZip([{ name: "d/a", content: "a" }, ...drafts]));
    const zip = `zip://${encodeURIComponent("memory:///a.zip")}`;
    const walked = await Array.fromAsync(vfs.entries(zip, { includeDirs: false }));
    assert.deepEqual(walked.map(({ name }) => name), ["a", "twice"]);
    const failed: Outcome[] = [];
    const onOutcome = (outcome: Outcome) => {
      if (outcome.result === "failed") failed.push(outcome);
    };
    for (const from of [zip, "memory:///a.zip?d/*"]) {
      await assert.rejects(vfs.copy(from, "memory:///out", { onOutcome }));
      const [{ error } = {}] = failed.splice(0);
      assert.match(String(error), /d\/twice.*: "d\/twice" is there more than once/);
      assert.equal(await vfs.readTextFile("memory:///out/d/a"), "a");
      assert.equal(await vfs.exists("memory:///out/d/twice"), false);
      await vfs.remove("memory:///out", { recursive: true });
    }
  }
});

Deno.test("sync() from a zip with a name twice deletes nothing", async () => {
  await using vfs = createVfs();
  const twice = { name: "d/twice", content: "1" };
  await vfs.writeFile("memory:///a.zip", buildZip([twice, { ...twice, content: "2" }]));
  await vfs.writeFile("memory:///out/d/twice", "old");
  await vfs.writeFile("memory:///out/d/other", "old");
  const zip = `zip://${encodeURIComponent("memory:///a.zip")}`;
  await assert.rejects(vfs.sync(zip, "memory:///out", { delete: true }));
  assert.equal(await vfs.readTextFile("memory:///out/d/twice"), "old");
  assert.equal(await vfs.readTextFile("memory:///out/d/other"), "old");
});

const WRONG: Readonly<Record<string, Partial<Draft>>> = {
  "a wrong checksum": { crc: 1 },
  "a wrong checksum, deflated": { crc: 1, deflated: true },
  "a size too large": { size: 2000, deflated: true },
  "a size too small": { size: 10, deflated: true },
  "another size than stored": { size: 10 },
  "no deflated data": { deflated: true, packed: new Uint8Array([255, 255, 255, 255]) },
  "deflated data cut off": { deflated: true, packed: new Uint8Array([0x4b, 0x4c]), size: 9 },
  "another name in the header": { localName: "other name" },
  "an impossible ratio": { size: 2 ** 29, deflated: true },
};

for (const [what, options] of Object.entries(WRONG)) {
  Deno.test(`zip with ${what}: reading fails as Corrupt`, async () => {
    const content = seededBytes(5, 1000);
    await using zip = await open([{ name: "some  name", content, ...options }]);
    await rejection(zip.bytes("some  name"), "Corrupt");
  });
}

Deno.test("zip with members that overlap is refused as a whole", async () => {
  await using zip = await open([
    { name: "a", content: seededBytes(1, 100) },
    { name: "b", content: seededBytes(1, 100), offset: 0 },
  ]);
  await rejection(zip.names(), "Corrupt");
  await using after = await open([{ name: "a", content: "x", offset: 1_000_000 }]);
  await rejection(after.names(), "Corrupt");
});

Deno.test("zip limits: members, directory, total and ratio are refused as NotSupported", async () => {
  const files = zipOf({ "a/b/c": "1", "d": "2", "e": "3" });
  await using members = await open(files, {}, { maxMembers: 2 });
  await rejection(members.names(), "NotSupported");
  await using folders = await open(zipOf({ "a/b/c/d/e/f/g/h": "1" }), {}, { maxMembers: 3 });
  await rejection(folders.names(), "NotSupported");
  // Of 65,537 members it tells one, and no name of theirs takes up room.
  const many = Array.from({ length: 65_537 }, () => ({ name: ".." }));
  await using hidden = await open(many, { count: 1 }, { maxMembers: 100 });
  await rejection(hidden.names(), "NotSupported");
  await using directory = await open(files, {}, { maxDirectoryBytes: 100 });
  await rejection(directory.names(), "NotSupported");
  await using total = await open(files, {}, { maxTotalBytes: 2 });
  await rejection(total.names(), "NotSupported");
  await using bomb = await open([{ name: "a", size: 2 ** 31, deflated: true }]);
  await rejection(bomb.names(), "NotSupported");
});

Deno.test("zip frames: no zip, several parts, and counts that lie are told", async () => {
  await using none = await open(seededBytes(2, 5000));
  await rejection(none.names(), "Corrupt");
  await using empty = await open(new Uint8Array());
  await rejection(empty.names(), "Corrupt");
  await using nothing = await open([]);
  assert.deepEqual(await nothing.names(), []);
  await using part = await open([{ name: "a" }], { disk: 1 });
  await rejection(part.names(), "NotSupported");
  for (const count of [1, 3]) {
    await using odd = await open([{ name: "a" }, { name: "b" }], { count });
    await rejection(odd.names(), "Corrupt");
  }
});

Deno.test("zip whose count began again after 65,535 members has all of them, also once it was changed", async () => {
  const all = Array.from({ length: 65_538 }, (_, i) => `d/${String(i).padStart(5, "0")}`);
  const bytes = buildZip(all.map((name) => ({ name })), { count: all.length & 0xffff });
  const { transport, root, dispose } = await inside(zipTransport(), bytes);
  await using zip = new Kit(transport, root, dispose);
  assert.deepEqual(await zip.paths(), all);
  await transport.remove!(zip.at(all[0]!), { signal: NEVER });
  assert.deepEqual(await zip.paths(), all.slice(1));
});

Deno.test("zip directory may end with a signature", async () => {
  const signature = record([4, 0x05054b50], [2, 3], [1, 1], [1, 2], [1, 3]);
  await using zip = await open([{ name: "a", content: "1" }, { name: "b" }], { signature });
  assert.deepEqual(await zip.names(), ["a", "b"]);
  assert.equal(await zip.text("a"), "1");
});

Deno.test("zip get(): a bomb is inflated no further than to its size", async () => {
  // Behind what makes 20 MB is nothing that could be inflated.
  const packed = deflateRawSync(new Uint8Array(200_000_000)).fill(0xff, 20_000);
  await using zip = await open([{ name: "a", size: 1000, deflated: true, packed }]);
  const { message } = await rejection(zip.bytes("a"), "Corrupt");
  assert.match(message, /does not inflate to the 1000 bytes/);
});

Deno.test("zip with any bytes changed gives the right bytes or a typed error", async () => {
  const files = {
    "a/text.txt": "the quick brown fox jumps over the lazy dog",
    "a/noise.bin": seededBytes(11, 500),
    "b": new Uint8Array(3000),
  };
  const expected = new Map(
    Object.entries(files).map(([path, content]) =>
      [path, typeof content === "string" ? new TextEncoder().encode(content) : content] as const
    ),
  );
  const archives = [
    zipOf(files),
    zipOf(files, { deflated: true }),
    zipOf(files, { deflated: true, described: true }),
    zipOf(files, { zip64: true }, { zip64: true }),
  ];
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(), { freq: 4 }),
      async (archive, changes, length) => {
        const bytes = archive.slice(0, length === null ? archive.length : length % archive.length);
        // Half of the changes go where the directory is.
        for (const { at, to } of changes) {
          const end = Math.min(bytes.length, 400);
          const where = at % 2 ? at % bytes.length : bytes.length - 1 - at % end;
          if (bytes.length > 0) bytes[where] = to;
        }
        await using zip = await open(bytes);
        try {
          for (const path of await zip.paths()) {
            const content = await zip.bytes(path).catch((error) => {
              if (!isVfsError(error)) throw error;
            });
            const known = expected.get(path);
            if (content && known && content.length === known.length) {
              assert.deepEqual(content, known, path);
            }
          }
        } catch (error) {
          if (!isVfsError(error)) throw error;
          assert.notEqual(error.kind, "Unexpected");
        }
      },
    ),
    { numRuns: 400, seed: 20_261_122 },
  );
});
