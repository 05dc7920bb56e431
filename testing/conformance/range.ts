/** Conformance: parts of files, and conditions. @module */

import { strict as assert } from "node:assert";
import { collect } from "../../vfs/bytes/bytes.ts";
import { resolveRange } from "../../vfs/bytes/range.ts";
import type { ByteRange } from "../../vfs/transport.ts";
import { seededRandom } from "../random.ts";
import { group, guarded, lacks, reading, writing } from "./case.ts";
import { digest, sameBytes } from "./digest.ts";
import { fails, type Fixture } from "./fixture.ts";

/** Parts of files, and conditions. */
export const rangeCases = group("range", [
  reading("the edges are exact", ["range"], edges),

  reading("parts are cut from the whole", [lacks("range"), guarded], edges),

  reading("any part is the same part of the whole", ["range"], async (f) => {
    const [, { length }] = f.largest;
    const random = seededRandom(length);
    for (let i = 0; i < 40; i++) {
      const [a, b] = [random(), random()].map((n) => Math.floor(n * length));
      await part(f, { start: Math.min(a!, b!), end: Math.max(a!, b!) });
    }
  }),

  reading("parts can be read at once", ["range"], async (f) => {
    const [, { length }] = f.largest;
    const step = Math.ceil(length / 16);
    await Promise.all(Array.from({ length: 16 }, (_, i) => {
      const start = Math.min(i * step, Math.max(0, length - 1));
      return part(f, { start, end: Math.min(start + step, length) });
    }));
  }),

  reading("beyond the end is RangeNotSatisfiable", ["range"], async (f) => {
    const [path, { length }] = f.largest;
    const kinds: string[] = [];
    for (const start of [length, length + 1, length + 1e9]) {
      const range = { start };
      kinds.push(await fails(f.get(path, { range }), "RangeNotSatisfiable"));
    }
    return kinds;
  }),

  reading("what is no range is InvalidArgument", ["range"], async (f) => {
    const wrong: ByteRange[] = [
      { start: -1 },
      { start: 0.5 },
      { start: NaN },
      { start: 0, end: -1 },
      { start: 2, end: 1 },
      { suffix: -1 },
      { suffix: 1.5 },
    ];
    const kinds: string[] = [];
    for (const range of wrong) {
      const got = f.get(f.largest[0], { range });
      kinds.push(await fails(got, "InvalidArgument"));
    }
    return kinds;
  }),

  writing("an empty file has empty parts", ["range"], async (f) => {
    await f.put("empty", "");
    const ranges: ByteRange[] = [{ start: 0 }, { start: 0, end: 9 }, {
      suffix: 9,
    }, { suffix: 0 }];
    for (const range of ranges) {
      assert.equal((await f.read("empty", { range })).length, 0);
    }
    const got = f.get("empty", { range: { start: 1 } });
    return await fails(got, "RangeNotSatisfiable");
  }),

  reading("a part of what is no file fails alike", ["range"], async (f) => {
    const range = { start: 0, end: 1 };
    return [
      await fails(f.get("", { range }), "IsADirectory"),
      await fails(f.get(f.missing, { range }), "NotFound"),
    ];
  }),

  reading("ifMatch passes with the etag, and with it alone", ["etag"], async (f) => {
    const [path, bytes] = f.largest;
    const { etag } = await f.stat(path);
    assert(etag);
    sameBytes(await f.read(path, { ifMatch: etag }), bytes, path);
    return await fails(f.get(path, { ifMatch: '"no"' }), "ConditionFailed");
  }),

  reading("ifMatch goes with a part", ["etag", "range"], async (f) => {
    const [path, bytes] = f.largest;
    const { etag } = await f.stat(path);
    const range = { start: 1, end: 9 };
    const actual = await f.read(path, { range, ifMatch: etag });
    sameBytes(actual, bytes.subarray(1, 9), path);
    const got = f.get(path, { range, ifMatch: '"no"' });
    return await fails(got, "ConditionFailed");
  }),

  writing("ifMatch fails after a change of the same size", ["etag"], async (f) => {
    await f.put("a", "old");
    const { etag: ifMatch } = await f.stat("a");
    await f.put("a", "new");
    assert.notEqual((await f.stat("a")).etag, ifMatch);
    return await fails(f.get("a", { ifMatch }), "ConditionFailed");
  }),

  reading("ifMatch is refused without etags", [lacks("etag"), guarded], async (f) => {
    const got = f.get(f.largest[0], { ifMatch: '"x"' });
    return await fails(got, "NotSupported");
  }),
]);

async function edges(f: Fixture): Promise<Record<string, string>> {
  const [, { length }] = f.largest;
  const near = [0, 1, 255, 65_535, 65_536, length - 1, length]
    .filter((n) => n >= 0 && n <= length);
  const outcome: Record<string, string> = {};
  for (const start of near.filter((n) => n < length)) {
    for (const end of [...near, length + 1, undefined]) {
      if (end !== undefined && end < start) continue;
      outcome[`${start}-${end}`] = await part(f, { start, end });
    }
  }
  for (const suffix of [...near, length + 1]) {
    outcome[`-${suffix}`] = await part(f, { suffix });
  }
  return outcome;
}

/** Reads a part of the largest file, and checks all that is told of it. */
async function part(f: Fixture, range: ByteRange): Promise<string> {
  const [path, bytes] = f.largest;
  const what = JSON.stringify(range);
  const { start, end } = resolveRange(range, bytes.length, path);
  const got = await f.get(path, { range });
  const actual = await collect(got.body);
  sameBytes(actual, bytes.subarray(start, end), what);
  if (actual.length > 0) assert.equal(got.offset, start, `offset of ${what}`);
  assert.equal(got.length ?? end - start, end - start, `length of ${what}`);
  assert.equal(got.info.size ?? bytes.length, bytes.length, `size of ${what}`);
  return digest(actual);
}
