import { strict as assert } from "node:assert";
import fc from "fast-check";
import { agree, fingerprintOf, fingerprintText, isTelling } from "../../../vfs/sync/fingerprint.ts";
import { parseLine, pathIn, textOf } from "../../../vfs/sync/journal_lines.ts";
import type { Info } from "../../../vfs/transport.ts";

const text = fc.string({ unit: "grapheme" });
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

Deno.test("pathIn() finds the path of every line that textOf() makes", () => {
  const path = fc.oneof(
    text,
    fc.constantFrom('a","source":{},"stored":{}}', "a\\b", 'a"b', "a\nb"),
  );
  fc.assert(fc.property(path, infos, infos, (path, source, stored) => {
    const line = textOf(path, source, stored);
    assert.equal(pathIn(line), path);
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

Deno.test("pathIn() refuses what is no line", () => {
  for (const text of ["", "{}", '{"path":1,"source":{},"stored":{}}', '{"path":"a","source":{}}']) {
    assert.throws(() => pathIn(text), SyntaxError, text);
  }
});
