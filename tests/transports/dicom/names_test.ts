import { strict as assert } from "node:assert";
import fc from "fast-check";
import { decodeName, encodeName, isMeant, isUID, nameOf } from "../../../transports/dicom/names.ts";
import { isName } from "../../../vfs/location/names.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";

/** Texts with much of what means something in paths. */
const ids = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 64 }),
  fc.string({
    unit: fc.constantFrom("%", "/", "\\", ".", "*", "?", "_", " ", "2", "F", "\0", "\u0085", "ä"),
    maxLength: 12,
  }),
).filter((id) => id.isWellFormed());

Deno.test("encodeName() and decodeName() are inverse for any identifier", () => {
  fc.assert(fc.property(ids, (id) => assert.equal(decodeName(encodeName(id)), id)));
});

Deno.test("encodeName() gives different names to different identifiers", () => {
  fc.assert(fc.property(ids, ids, (a, b) => {
    assert.equal(encodeName(a) === encodeName(b), a === b);
  }));
});

Deno.test("promise 8: encodeName() gives no name that leaves a folder, hides, or is a wildcard", () => {
  fc.assert(fc.property(ids, (id) => {
    const name = encodeName(id);
    assert(isName(name));
    assert.doesNotMatch(name, /[/\\*?<>:"|\p{Cc}]|^\.|[. ]$/u);
  }));
});

Deno.test("a name is read as its identifier, also through a URL", () => {
  fc.assert(fc.property(ids, (id) => {
    const at = new Location({ scheme: "dicom", host: "h", segments: ["A", encodeName(id)] });
    const { location } = parseLocation(at.href);
    const name = nameOf(location.name);
    assert.equal(name.text, id);
    assert(isMeant(name, id));
  }));
});

Deno.test("encodeName() leaves ordinary identifiers alone", () => {
  for (const id of ["PAT1", "a b", "Müller^1", "1.2.3", "山田"]) assert.equal(encodeName(id), id);
  const coded = { "": "_", "_": "%5F", ".": "%2E", "..": "%2E%2E", "A/1": "A%2F1", "50%": "50%25" };
  for (const [id, name] of Object.entries(coded)) assert.equal(encodeName(id), name);
});

Deno.test("decodeName() takes what need not have been coded, and malformed escapes as they are", () => {
  const names = { "A/1": "A/1", "a%20b": "a b", "100%": "100%", "%C3%A4": "ä", "%FF": "%FF" };
  for (const [name, id] of Object.entries(names)) assert.equal(decodeName(name), id);
});

Deno.test("nameOf() reads * and ? as wildcards, and coded ones as themselves", () => {
  const name = nameOf("A%2A*");
  assert.equal(name.text, "A?*");
  assert(isMeant(name, "A*1"));
  assert(!isMeant(name, "AB1"));
  assert(isMeant(nameOf("3?7*"), "347x"));
  assert(!isMeant(nameOf("[12]*"), "1x"));
});

Deno.test("isUID() takes what can be a key, and nothing that an archive reads as a list", () => {
  for (const uid of ["1.2.3", "2.25.1", "5", `1.${"2".repeat(62)}`]) assert(isUID(uid), uid);
  for (const text of ["", ".", "..", ".1", "1.2\\1.3", "1.*", "1.2 ", "a", `1.${"2".repeat(63)}`]) {
    assert(!isUID(text), text);
  }
});
