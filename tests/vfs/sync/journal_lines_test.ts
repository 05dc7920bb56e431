import { strict as assert } from "node:assert";
import fc from "fast-check";
import { agree, fingerprintOf, fingerprintText, isTelling } from "../../../vfs/sync/fingerprint.ts";
import {
  BLOCK,
  eachLine,
  isText,
  linesOf,
  parseLine,
  pathBits,
  textOf,
} from "../../../vfs/sync/journal_lines.ts";
import { CompactMap } from "../../../vfs/sync/compact_map.ts";
import type { Info } from "../../../vfs/transport.ts";

const text = fc.string({ unit: "grapheme" });
const encoder = new TextEncoder();
const map = new CompactMap();
const bitsIn = (line: string) => {
  // What is around a line is none of it.
  const bytes = encoder.encode(`"\n${line}\n}}`);
  return pathBits(map, bytes, 2, bytes.length - 3);
};
const digests = fc.record({ md5: text, sha256: text }, { requiredKeys: [] });
const infos: fc.Arbitrary<Info> = fc.record({
  kind: fc.constant("file" as const),
  size: fc.nat(),
  mtime: fc.oneof(fc.date({ noInvalidDate: true }), fc.constant(new Date(NaN))),
  etag: text,
  digests,
}, { requiredKeys: ["kind"] });

Deno.test("fingerprintText() is the JSON of the fingerprint, isTelling() whether it agrees with itself", () => {
  fc.assert(fc.property(infos, (info) => {
    const fingerprint = fingerprintOf(info);
    assert.equal(fingerprintText(info), JSON.stringify(fingerprint));
    assert.equal(isTelling(info), agree(fingerprint, fingerprint));
  }));
});

Deno.test("pathBits() are those of the path in every line that textOf() makes", () => {
  const path = fc.oneof(
    text,
    fc.constantFrom('a","source":{},"stored":{}}', "a\\b", 'a"b', "a\nb"),
  );
  fc.assert(fc.property(path, infos, infos, (path, source, stored) => {
    const line = textOf(path, source, stored);
    assert.equal(bitsIn(line), map.bitsOf(path));
    assert.deepEqual(
      parseLine(line),
      JSON.parse(JSON.stringify({
        path,
        source: fingerprintOf(source),
        stored: fingerprintOf(stored),
      })),
    );
  }));
});

Deno.test("pathBits() refuses what is no line", () => {
  for (
    const text of [
      "",
      "{}",
      '{"path":1,"source":{},"stored":{}}',
      '{"path":"a","source":{}}',
      '{"path":"a","source":{}}}',
      '{"path":"a","source":{},"stored":{}',
      '{"path":"a","source":{},"stored":{"size":1',
      '{"path":"a',
    ]
  ) {
    assert.throws(() => bitsIn(text), SyntaxError, text);
  }
});

Deno.test("isText() is true of ASCII alone, and of no other text", () => {
  const line = (text: string) => encoder.encode(text);
  assert.equal(isText(line("abc"), "abc"), true);
  for (const [bytes, text] of [["abc", "abd"], ["abc", "ab"], ["ab", "abc"], ["é", "Ã©"]]) {
    assert.equal(isText(line(bytes!), text!), false, text);
  }
});

Deno.test("linesOf() gives all lines and where they are, however they are cut, in memory that is used again", async () => {
  const lines = fc.array(fc.string({ unit: "grapheme-ascii" }), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(lines, text, fc.nat(60), async (lines, torn, size) => {
    const whole = lines.map((line) => line.replaceAll("\n", "") + "\n");
    const rest = torn.replaceAll("\n", "");
    const all = encoder.encode(whole.join("") + rest);
    const found: string[] = [];
    const decode = (start: number, end: number) =>
      new TextDecoder().decode(all.subarray(start, end));
    for await (const { bytes, offset, isWhole } of linesOf(fillingReader(all, size + 1))) {
      assert.deepEqual(bytes, all.slice(offset, offset + bytes.length));
      if (!isWhole) assert.equal(decode(offset, offset + bytes.length), rest);
      else eachLine(bytes, (start, end) => found.push(decode(offset + start, offset + end + 1)));
    }
    assert.deepEqual(found, whole);
  }));
});

/** A reader that fills what it is given, which is the same memory each time. */
function fillingReader(all: Uint8Array, size: number) {
  const buffers = new Set<ArrayBuffer>();
  let at = 0;
  return {
    read(into?: Uint8Array<ArrayBuffer>) {
      assert.equal(into!.length, BLOCK);
      assert.equal(buffers.add(into!.buffer).size, 1);
      const part = all.subarray(at, at += size);
      into!.set(part);
      return Promise.resolve(part.length > 0 ? into!.subarray(0, part.length) : undefined);
    },
    close: () => Promise.resolve(),
  };
}
