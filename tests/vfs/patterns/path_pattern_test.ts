import { strict as assert } from "node:assert";
import fc from "fast-check";
import { expandBraces } from "../../../vfs/patterns/braces.ts";
import { NamePattern } from "../../../vfs/patterns/name_pattern.ts";
import { PathPattern } from "../../../vfs/patterns/path_pattern.ts";

Deno.test("PathPattern.match() matches names and paths as a shell does", () => {
  const cases: [string, string, boolean][] = [
    ["*.dcm", "a.dcm", true],
    ["*.dcm", "a/b.dcm", false],
    ["*", ".dot", true],
    ["?.dcm", "ab.dcm", false],
    ["?", "😀", true],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[^a-c]x", "dx", true],
    ["[]]", "]", true],
    ["[]-]", "-", true],
    ["[!]a]", "b", true],
    ["[", "[", true],
    ["[a", "[a", true],
    ["[\\]]", "]", true],
    ["{a,b*}.txt", "bcd.txt", true],
    ["{a,b}.txt", "c.txt", false],
    ["{a,{b,c}d}", "cd", true],
    ["{a/b,c}/d", "a/b/d", true],
    ["{a/b,c}/d", "a/d", false],
    ["{a", "{a", true],
    ["{a}", "{a}", true],
    ["\\{a,b\\}", "{a,b}", true],
    ["**/x", "x", true],
    ["**/x", "a/b/x", true],
    ["a/**", "a/b/c", true],
    ["a/**/c", "a/c", true],
    ["a/**/**/c", "a/b/c", true],
    ["a**", "a/b", false],
    ["a*b*c", "aXbXbYc", true],
    ["a*b*c", "aXbXbY", false],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a.b+(c)^$|", "a.b+(c)^$|", true],
  ];
  for (const [glob, text, expected] of cases) {
    const actual = PathPattern.parse(glob, { dot: true }).match(text.split("/"));
    assert.equal(actual, expected, `${glob} ${text}`);
  }
});

Deno.test("PathPattern.match() leaves names with a leading dot to patterns with one", () => {
  const match = (glob: string, text: string) => PathPattern.parse(glob).match(text.split("/"));
  assert(!match("*", ".dot"));
  assert(!match("**/x", ".dot/x"));
  assert(match(".*", ".dot"));
  assert(match("**/.x", "a/.x"));
  assert(!match("?dot", ".dot"));
});

Deno.test("NamePattern takes any text as a glob, and an escaped one as itself", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
    const pattern = new NamePattern(a);
    if (pattern.isLiteral) assert.equal(pattern.match(b), a.replace(/\\(.)/gsu, "$1") === b);
    const escaped = new NamePattern([...a].map((c) => `\\${c}`).join(""));
    assert(escaped.isLiteral && escaped.match(a));
  }));
});

Deno.test("NamePattern.match() is quick where expressions would go back without end", () => {
  const start = performance.now();
  assert(!new NamePattern("*a".repeat(60) + "b").match("a".repeat(20_000)));
  assert(performance.now() - start < 30_000);
});

Deno.test("expandBraces() refuses to expand without end", () => {
  assert.throws(() => expandBraces("{a,b}".repeat(20)), RangeError);
  assert.deepEqual(expandBraces("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
  assert.deepEqual(expandBraces("x{,y}"), ["x", "xy"]);
});
