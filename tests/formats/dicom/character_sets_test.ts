import { strict as assert } from "node:assert";
import fc from "fast-check";
import { CharacterSets, parseDicomHeader, type TextKind } from "../../../formats/mod.ts";
import * as build from "../_builder.ts";

function decode(
  names: string[],
  value: Uint8Array | string,
  kind: TextKind = "list",
): { values: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const sets = new CharacterSets(names, (text) => warnings.push(text));
  const values = sets.decode(build.bytes(value), kind);
  return { values, warnings };
}

const ESC = "\x1b";

// Of PS3.5 Annexes H, I, J and K, and of the ISO 8859 tables.
const EXAMPLES: [string[], string, string][] = [
  [["ISO_IR 100"], "Buc^J\xe9r\xf4me", "Buc^Jérôme"],
  [["ISO_IR 101"], "W\xb3adys\xb3aw", "Władysław"],
  [["ISO_IR 109"], "\xa1", "Ħ"],
  [["ISO_IR 110"], "\xb9", "š"],
  [["ISO_IR 144"], "\xbb\xee\xda", "Люк"],
  [["ISO_IR 127"], "\xe2\xc8", "قب"],
  [["ISO_IR 126"], "\xc4\xe9", "Δι"],
  [["ISO_IR 138"], "\xf9\xf8", "שר"],
  [["ISO_IR 148"], "\xdd\xfe", "İş"],
  [["ISO_IR 203"], "\xa4\xbe", "€Ÿ"],
  [["ISO_IR 166"], "\xb9\xd2\xc2", "นาย"],
  [["ISO_IR 13"], "\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"],
  [["ISO_IR 192"], "\xe5\xb1\xb1", "山"],
  [["GB18030"], "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东"],
  [["GBK"], "\xcd\xf5", "王"],
  [
    ["", "ISO 2022 IR 87"],
    `Yamada^Tarou=${ESC}$B;3ED${ESC}(B^${ESC}$BB@O:${ESC}(B`,
    "Yamada^Tarou=山田^太郎",
  ],
  [
    ["ISO 2022 IR 13", "ISO 2022 IR 87"],
    `\xd4\xcf${ESC}$B;3ED${ESC}(J^\xc0`,
    "ﾔﾏ山田^ﾀ",
  ],
  [
    ["", "ISO 2022 IR 149"],
    `Hong=${ESC}$)C\xfb\xf3^${ESC}$)C\xd1\xce\xd4\xd7`,
    "Hong=洪^吉洞",
  ],
  [["ISO 2022 IR 149"], "\xb1\xe8\xc8\xf1", "김희"],
  [
    ["", "ISO 2022 IR 58"],
    `Zhang=${ESC}$)A\xd5\xc5^${ESC}$)A\xd0\xa1`,
    "Zhang=张^小",
  ],
  [["", "ISO 2022 IR 159"], `${ESC}$(D0!${ESC}(B.`, "丂."],
  [
    ["ISO 2022 IR 100", "ISO 2022 IR 144"],
    `\xe9 ${ESC}-L\xbb\xee`,
    "é Лю",
  ],
];

for (const [names, value, expected] of EXAMPLES) {
  Deno.test(`decode() reads ${names.join("\\")}: ${expected}`, () => {
    const { values, warnings } = decode(names, value, "name");
    assert.deepEqual(values, [expected]);
    assert.deepEqual(warnings, []);
  });
}

Deno.test("decode() returns to the first set at delimiters", () => {
  const names = ["ISO 2022 IR 100", "ISO 2022 IR 144"];
  const value = `${ESC}-L\xbb\\\xe9^${ESC}-L\xbb`;
  assert.deepEqual(decode(names, value).values, ["Л", "é^Л"]);
  const name = `${ESC}-L\xbb^\xe9=\xe9`;
  assert.deepEqual(decode(names, name, "name").values, ["Л^é=é"]);
  const lines = `${ESC}-L\xbb\r\n\xe9`;
  assert.deepEqual(decode(names, lines, "text").values, ["Л\r\né"]);
});

Deno.test("decode() does not split at a backslash inside a character", () => {
  // 0x5C is the second byte of 俓 in GB18030 and of 構 in JIS X 0208.
  assert.deepEqual(decode(["GB18030"], "\x82\x5c\\b").values, ["俓", "b"]);
  const japanese = `${ESC}$B9=\\$${ESC}(B\\b`;
  const { values } = decode(["", "ISO 2022 IR 87"], japanese);
  assert.deepEqual([values.length, values[1]], [2, "b"]);
  assert.deepEqual(decode(["shift_jis"], "\x95\x5c\\b").values, ["表", "b"]);
});

Deno.test("decode() keeps a backslash of free text", () => {
  assert.deepEqual(decode(["ISO_IR 100"], "a\\b", "text").values, ["a\\b"]);
  assert.deepEqual(decode(["ISO_IR 13"], "a\\b", "text").values, ["a¥b"]);
});

for (
  const name of ["ISO IR 100", "ISO-IR 100", "iso_ir 100", "ISO-IR_100"]
    .concat(["ISO 8859-1", "latin1", "ISO-8859-1", "ISO2022 IR 100"])
) {
  Deno.test(`decode() tolerates the spelling "${name}"`, () => {
    const { values, warnings } = decode([name], "\xe9");
    assert.deepEqual(values, ["é"]);
    assert.equal(warnings.length, 1);
  });
}

Deno.test("decode() tolerates misspelt UTF-8", () => {
  for (const name of ["ISO_IR_192", "ISO-IR 192", "UTF-8", "utf8"]) {
    assert.deepEqual(decode([name], "\xc3\xa9").values, ["é"]);
  }
});

Deno.test("decode() replaces high bytes of an unknown character set", () => {
  const { values, warnings } = decode(["ISO_IR 999"], "a\xe9b");
  assert.deepEqual(values, ["a\uFFFDb"]);
  assert.deepEqual(warnings, ['Character set "ISO_IR 999" is unknown']);
});

Deno.test("decode() guesses where no character set is named", () => {
  assert.deepEqual(decode([], "\xc3\xa9").values, ["é"]);
  const { values, warnings } = decode([], "M\xfcller");
  assert.deepEqual(values, ["Müller"]);
  assert.equal(warnings.length, 1);
  assert.deepEqual(decode([], "plain"), { values: ["plain"], warnings: [] });
});

Deno.test("decode() obeys escapes only where the character set has them", () => {
  const escape = `${ESC}$B;3ED${ESC}(B`;
  assert.deepEqual(decode([], escape).values, ["山田"]);
  const { values } = decode(["GB18030"], `\x82\x5c${ESC}`);
  assert.deepEqual(values, [`俓${ESC}`]);
});

Deno.test("decode() replaces unknown escapes and undesignated bytes", () => {
  const { values, warnings } = decode(["", "ISO 2022 IR 87"], `a${ESC}%Gb\xff`);
  assert.deepEqual(values, ["a\uFFFD%Gb\uFFFD"]);
  assert.equal(warnings.length, 2);
});

Deno.test("decode() never throws and keeps plain text", () => {
  const names = fc.array(
    fc.oneof(
      fc.constantFrom(...EXAMPLES.flatMap(([first]) => first)),
      fc.string(),
    ),
    { maxLength: 3 },
  );
  const kinds = fc.constantFrom<TextKind>("text", "list", "name");
  fc.assert(
    fc.property(names, fc.uint8Array({ maxLength: 64 }), kinds, (sets, value, kind) => {
      assert.ok(decode(sets, value, kind).values.length >= 1);
    }),
  );
  const plain = fc.stringMatching(/^[A-Za-z0-9 .,^=-]*$/);
  fc.assert(fc.property(names, plain, (sets, text) => {
    // UTF-16 is a name of the platform in which no byte is plain.
    fc.pre(!sets.some((name) => /utf-?16|ucs|unicode|iso-10646/i.test(name)));
    assert.deepEqual(decode(sets, text).values, [text]);
  }));
});

Deno.test("string() uses an item's own character set, else the one around", () => {
  const { element, EXPLICIT, item, sequence } = build;
  const own = item(build.bytes(
    element(0x00080005, "CS", "ISO_IR 144"),
    element(0x00100010, "PN", "\xbb\xee"),
  ));
  const inherited = item(element(0x00100010, "PN", "\xe9\xe9"));
  const header = parseDicomHeader(
    build.bytes(
      element(0x00080005, "CS", "ISO_IR 100"),
      sequence(0x00081140, [own, inherited]),
    ),
    { transferSyntaxUID: build.SYNTAX.explicit },
  );
  assert.deepEqual(header.encoding, EXPLICIT);
  const items = header.sequence("ReferencedImageSequence");
  const found = items.map((one) => one.string("PatientName"));
  assert.deepEqual(found, ["Лю", "éé"]);
});

Deno.test("parseDicomHeader() uses `defaultCharacterSet` where none is named", () => {
  const name = build.element(0x00100010, "PN", "\xbb\xee");
  const header = parseDicomHeader(name, {
    transferSyntaxUID: build.SYNTAX.explicit,
    defaultCharacterSet: "ISO_IR 144",
  });
  assert.equal(header.string("PatientName"), "Лю");
  assert.deepEqual(header.warnings, []);
});
