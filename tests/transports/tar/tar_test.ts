import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { createVfs } from "../../../mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { readPax } from "../../../transports/tar/header.ts";
import { type TarLimits, tarTransport } from "../../../transports/tar/mod.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { vfsOf, wrappedMemory } from "../../vfs/_fakes.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { buildTar, type Draft, pax, tarOf } from "./_build.ts";

async function open(
  drafts: readonly Draft[] | Uint8Array<ArrayBuffer>,
  limits?: TarLimits,
  around?: (inner: Transport) => Transport,
): Promise<Kit> {
  const bytes = drafts instanceof Uint8Array ? drafts : buildTar(drafts);
  const { transport, root, dispose } = await inside(tarTransport({ limits }), bytes, around);
  return new Kit(transport, root, dispose);
}

const LONG = `${"long/".repeat(30)}name`;

Deno.test("tar names: ustar prefixes, pax paths and GNU long names", async () => {
  await using tar = await open([
    { name: "name", prefix: "some/prefix", content: "1" },
    { name: "x", type: "x", content: pax({ path: `${LONG} pax ü`, mtime: "12.5" }) },
    { name: "short", content: "2" },
    { name: "././@LongLink", type: "L", gnu: true, content: `${LONG} gnu\0` },
    { name: "short", gnu: true, content: "3" },
    { name: "g", type: "g", content: pax({ comment: "for all" }) },
    { name: "./plain", content: "4" },
    { name: "folder/", type: "5" },
  ]);
  assert.deepEqual(await tar.names(), ["folder/", "long/", "plain", "some/"]);
  assert.equal(await tar.text("some/prefix/name"), "1");
  assert.equal(await tar.text(`${LONG} pax ü`), "2");
  assert.equal((await tar.stat(`${LONG} pax ü`)).mtime?.getTime(), 12_500);
  assert.equal(await tar.text(`${LONG} gnu`), "3");
  assert.equal(await tar.text("plain"), "4");
  assert.equal((await tar.stat("plain")).mtime?.getTime(), Date.UTC(2026, 0, 1));
});

Deno.test("tar: a time that no calendar has is none, and an empty one leaves that of the header", async () => {
  const times = ["1e300", "-1e15", "never", "", "-12.5"];
  await using tar = await open(times.flatMap((mtime, i) => [
    { name: "x", type: "x", content: pax({ mtime }) },
    { name: `${i}`, content: "1" },
  ]));
  const found = await Promise.all(times.map(async (_, i) => (await tar.stat(`${i}`)).mtime));
  assert.deepEqual(found.map((time) => time?.getTime()), [
    ...[undefined, undefined, undefined],
    ...[Date.UTC(2026, 0, 1), -12_500],
  ]);
});

Deno.test("tar records of pax that are of no use are not kept: those for all members count for each", () => {
  const none = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`SCHILY.${i}`, "x"]));
  const sparse = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0" };
  const text = pax({ ...none, path: "a", ...sparse, mtime: "12.5" });
  const records = readPax(new TextEncoder().encode(text));
  assert.deepEqual([...records!.keys()], ["path", "GNU.sparse.", "mtime"]);
});

Deno.test("tar links: hard ones are the file, others and sparse files are listed and refused", async () => {
  await using tar = await open([
    { name: "d/a", content: "content" },
    { name: "hard", type: "1", linkName: "d/a" },
    { name: "soft", type: "2", linkName: "/etc/passwd" },
    { name: "nowhere", type: "1", linkName: "../x" },
    { name: "holes", type: "S", content: "x" },
    { name: "x", type: "x", content: pax({ "GNU.sparse.major": "1" }) },
    { name: "more holes", content: "x" },
    { name: "b", content: "after" },
  ]);
  assert.equal(await tar.text("hard"), "content");
  assert.equal((await tar.stat("soft")).kind, "other");
  assert.equal((await tar.stat("soft")).attributes?.target, "/etc/passwd");
  for (const name of ["soft", "nowhere", "holes", "more holes"]) {
    await rejection(tar.text(name), "NotSupported");
  }
  assert.equal(await tar.text("b"), "after");
});

Deno.test("tar with names that leave: no listing seems whole; with a name twice: others are read", async () => {
  await using tar = await open([
    { name: "../up", content: "bad" },
    { name: "/abs", content: "bad" },
    { name: "d/twice", content: "1" },
    { name: "d/twice", content: "2" },
    { name: "ok/x", content: "good" },
  ]);
  assert.match((await rejection(tar.names(), "Corrupt")).message, /"\.\.\/up".*1 more/);
  assert.deepEqual(await tar.names("d"), ["twice"]);
  await rejection(tar.text("d/twice"), "Corrupt");
  assert.equal(await tar.text("ok/x"), "good");
});

Deno.test("tar without its end, cut off, with a wrong checksum, or none", async () => {
  await using open1 = await open(buildTar([{ name: "a", content: "x" }], false));
  assert.equal(await open1.text("a"), "x");
  const whole = buildTar([{ name: "a", content: seededBytes(1, 2000) }]);
  for (const length of [100, 512, 1500]) {
    await using cut = await open(whole.slice(0, length));
    await rejection(cut.names(), "Corrupt");
    await using zipped = await open(new Uint8Array(gzipSync(whole).subarray(0, length)));
    await rejection(zipped.names().then(() => zipped.bytes("a")), "Corrupt");
  }
  await using wrong = await open([{ name: "a", checksum: 1 }]);
  await rejection(wrong.names(), "Corrupt");
  await using none = await open(new Uint8Array());
  await rejection(none.names(), "Corrupt");
});

Deno.test("tar limits: members, headers and what is inflated are refused as NotSupported", async () => {
  await using members = await open(tarOf({ a: "1", b: "2" }), { maxMembers: 1 });
  await rejection(members.names(), "NotSupported");
  await using header = await open(tarOf({ [LONG]: "1" }), { maxHeaderBytes: 10 });
  await rejection(header.names(), "NotSupported");
  const zeros = new Uint8Array(gzipSync(tarOf({ a: new Uint8Array(5_000_000), b: "" })));
  await using bomb = await open(zeros, { maxTotalBytes: 1_000_000 });
  await rejection(bomb.names(), "NotSupported");
});

Deno.test("tar reads a part of a member by one range of the archive", async () => {
  const calls: string[] = [];
  const large = seededBytes(2, 2_000_000);
  await using tar = await open(tarOf({ large, small: "x" }), {}, (inner) => ({
    ...inner,
    get: (at, o) => (calls.push(JSON.stringify(o.range)), inner.get(at, o)),
  }));
  await tar.names();
  // The magic number, and then two stretches of headers: the content between is not read.
  assert.equal(calls.splice(0).length, 3);
  const part = await tar.bytes("large", { range: { start: 1_000_000, end: 1_000_007 } });
  assert.deepEqual(part, large.subarray(1_000_000, 1_000_007));
  assert.equal(calls.length, 1);
});

Deno.test("tar getMany() goes through the archive once, in whatever order files are asked for", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [`d${n % 7}/${n}`, seededBytes(n, n * 1000)]),
  );
  const plain = tarOf(files);
  for (const bytes of [plain, new Uint8Array(gzipSync(plain))]) {
    let requests = 0;
    await using tar = await open(bytes, {}, (inner) => ({
      ...inner,
      get: (at, o) => (requests++, inner.get(at, o)),
    }));
    const paths = await tar.paths();
    requests = 0;
    const locations = [...paths.toReversed(), "d0/missing", "d0"].map((path) => tar.at(path));
    const given = new Map<string, Uint8Array>();
    for await (const page of tar.transport.getMany!(locations, { signal: NEVER })) {
      for (const { location, got } of page) {
        given.set(location.segments.slice(tar.root.segments.length).join("/"), got.body);
      }
    }
    assert.equal(requests, 1);
    assert.deepEqual(Object.fromEntries(given), files);
  }
});

Deno.test("copy() of a tar.gz opens it no more often for more members", async () => {
  const count = async (length: number) => {
    const names = Array.from({ length }, (_, n) => [`d${n >> 2}/${n}`, `content ${n}`]);
    let opened = 0;
    const counting = wrappedMemory((inner) => ({
      ...inner,
      get: (at, o) => (opened++, inner.get(at, o)),
    }));
    await using vfs = vfsOf([memoryTransport(), tarTransport(), counting]);
    const archive = new Uint8Array(gzipSync(tarOf(Object.fromEntries(names))));
    await vfs.writeFile("fake://from/a.tar.gz", archive);
    const { done } = await vfs.copy("tar://fake%3A%2F%2Ffrom%2Fa.tar.gz/", "memory://to/x");
    assert.equal(done, length);
    return opened;
  };
  assert.equal(await count(200), await count(20));
});

Deno.test("mount() of a .tar.gz and of a .tgz gives their content", async () => {
  await using vfs = createVfs();
  const bytes = new Uint8Array(gzipSync(tarOf({ "d/x": "content" })));
  for (const name of ["a.tar.gz", "a.TGZ"]) {
    await vfs.writeFile(`memory:///${name}`, bytes);
    await using mount = await vfs.mount(`memory:///${name}`);
    const entries = await Array.fromAsync(mount.entries());
    assert.deepEqual(entries.map((entry) => entry.name), ["d", "x"]);
    assert.equal(await vfs.readTextFile(entries[1]!.url), "content");
  }
});

Deno.test("tar with any bytes changed gives an answer or a typed error", async () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const files = new Map([["a/b", seededBytes(4, 700)], [LONG, bytesOf("x")], ["c", bytesOf("")]]);
  const archive = tarOf(Object.fromEntries(files));
  const archives = [archive, new Uint8Array(gzipSync(archive))];
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        const bytes = original.slice();
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        await using tar = await open(bytes);
        try {
          for (const path of await tar.paths()) {
            const bytes = await tar.bytes(path);
            // A plain tar has no checksum of its content; gzip has one of all.
            if (original !== archive) assert.deepEqual(bytes, files.get(path), path);
          }
        } catch (error) {
          if (!isVfsError(error)) throw error;
        }
      },
    ),
    { numRuns: 300, seed: 20_261_122 },
  );
});

Deno.test("tar.gz whose checksum is wrong at the very end lists nothing", async () => {
  const tarred = tarOf({ first: "x" });
  const padded = new Uint8Array(tarred.length + 2_000_000);
  padded.set(tarred);
  const zipped = new Uint8Array(gzipSync(padded));
  zipped[zipped.length - 6]! ^= 1;
  await using tar = await open(zipped);
  await rejection(tar.names(), "Corrupt");
});
