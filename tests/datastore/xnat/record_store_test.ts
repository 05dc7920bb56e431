import { strict as assert } from "node:assert";
import { RecordStore, storeFile } from "../../../datastore/xnat/record_store.ts";
import { readSnapshot, writeSnapshot } from "../../../datastore/xnat/snapshot.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { at_, bytes, fake, memoryVfs, rejects } from "../../vfs/_fakes.ts";

const AT = at_("fake://h/AI/final/0001-00000000.nii.gz");

/** A server that tells `md5` of what it is given, if any, and gives out `there`. */
function serverWith(there: string, md5?: string) {
  const counts = { reads: 0 };
  const digests = md5 === undefined ? undefined : { md5 };
  const vfs = memoryVfs(fake({
    async put(_at, source) {
      await collect(await source.open());
      return { kind: "file", size: source.size, digests };
    },
    get: () => {
      counts.reads++;
      const body = bytes(there);
      return Promise.resolve({ info: { kind: "file" }, offset: 0, length: body.length, body });
    },
  }, { digests: ["md5"] }));
  return { vfs, counts };
}

Deno.test("storeFile() believes the digest that the server lists, and reads what is there where it lists none", async () => {
  const told = serverWith("something else", "d41d8cd98f00b204e9800998ecf8427e");
  assert.deepEqual(await storeFile(told.vfs, AT, bytes("label"), {}), {
    size: 5,
    md5: "d41d8cd98f00b204e9800998ecf8427e",
  });
  assert.equal(told.counts.reads, 0);
  const silent = serverWith("label");
  assert.deepEqual(await storeFile(silent.vfs, AT, bytes("label"), {}), {
    size: 5,
    md5: undefined,
  });
  assert.equal(silent.counts.reads, 1);
  await silent.vfs[Symbol.asyncDispose]();
  await told.vfs[Symbol.asyncDispose]();
});

Deno.test("storeFile() is Corrupt where the server has stored something else, and lists no digest", async () => {
  for (const there of ["labeL", "labe", "labels", ""]) {
    await using vfs = serverWith(there).vfs;
    await rejects(storeFile(vfs, AT, bytes("label"), {}), "Corrupt");
  }
});

Deno.test("RecordStore reads a record once for each MD5, each time without one, and refuses what is none", async () => {
  await using vfs = memoryVfs();
  const resource = at_("memory:///AI");
  const records = new RecordStore(vfs);
  const write = (text: string) => vfs.writeFile("memory:///AI/image.json", text);
  const read = (md5?: string) => records.read(resource, { path: "image.json", md5 }, {});
  await write('{"n":1}');
  assert.deepEqual(await read("a"), { n: 1 });
  await write('{"n":2}');
  assert.deepEqual([await read("a"), await read(), await read("b")], [{ n: 1 }, { n: 2 }, {
    n: 2,
  }]);
  assert.deepEqual(records.known(), { a: { n: 1 }, b: { n: 2 } });
  for (const text of ["[]", "null", '"a"', "7", "{", ""]) {
    await write(text);
    await rejects(read(), "Corrupt");
  }
  const others = new RecordStore(vfs);
  others.learn({ a: { n: 3 } });
  assert.deepEqual(await others.read(resource, { path: "image.json", md5: "a" }, {}), { n: 3 });
});

Deno.test("readSnapshot() gives what was kept, and nothing of what another version or nobody wrote", async () => {
  await using vfs = memoryVfs();
  const at = at_("memory:///snapshot.json");
  assert.equal(await readSnapshot(vfs, at, {}), undefined);
  const image = { id: "E/1", files: [] };
  const whole = { version: 1, images: [image], records: { a: { n: 1 } } };
  for (
    const odd of [
      "{",
      "null",
      { ...whole, version: 2 },
      { ...whole, images: { 0: image } },
      { ...whole, images: [image, { id: 1, files: [] }] },
      { ...whole, images: [{ id: "E/1" }] },
    ]
  ) {
    await vfs.writeFile(at, typeof odd === "string" ? odd : JSON.stringify(odd));
    assert.equal(await readSnapshot(vfs, at, {}), undefined, JSON.stringify(odd));
  }
  await vfs.writeFile(at, JSON.stringify(whole));
  const { images, records } = (await readSnapshot(vfs, at, {}))!;
  assert.deepEqual([images, records], [[image], { a: { n: 1 } }]);
  await writeSnapshot(vfs, at, { images, records }, {});
  assert.deepEqual(await readSnapshot(vfs, at, {}), { images, records });
});
