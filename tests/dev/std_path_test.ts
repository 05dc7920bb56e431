/**
 * Pins the stand-in for `@std/path`; passes against the real package too (`deno task test:std`).
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { sep } from "node:path";
import * as path from "@std/path";
import * as posix from "@std/path/posix";
import * as windows from "@std/path/windows";

type Row = readonly [actual: unknown, expected: unknown];

function table(rows: readonly Row[]): void {
  rows.forEach(([actual, expected], at) => assert.deepEqual(actual, expected, `row ${at}`));
}

Deno.test("@std/path is the flavour of the platform", () => {
  const own = sep === "/" ? posix : windows;
  table([
    [path.SEPARATOR, sep],
    [path.join("a", "b"), own.join("a", "b")],
    [path.toFileUrl(path.resolve("a b")).protocol, "file:"],
    [path.fromFileUrl(path.toFileUrl(path.resolve("a"))), path.resolve("a")],
  ]);
});

Deno.test("posix basename(), dirname(), extname() take paths and file URLs", () => {
  table([
    [posix.basename("/a/b.dcm"), "b.dcm"],
    [posix.basename("/a/b.dcm/"), "b.dcm"],
    [posix.basename("/a/b.dcm", ".dcm"), "b"],
    [posix.basename(".dcm", ".dcm"), ".dcm"],
    [posix.basename("/"), "/"],
    [posix.basename(""), ""],
    [posix.basename(new URL("file:///a/b%20c")), "b c"],
    [posix.dirname("/a/b"), "/a"],
    [posix.dirname("/a//b"), "/a"],
    [posix.dirname("//a"), "/"],
    [posix.dirname("/a"), "/"],
    [posix.dirname("a"), "."],
    [posix.dirname(new URL("file:///a/b")), "/a"],
    [posix.extname("a.nii.gz"), ".gz"],
    [posix.extname(".dcm"), ""],
    [posix.extname("a."), "."],
    [posix.extname("a.b/c"), ""],
    [posix.extname(new URL("file:///a.dcm")), ".dcm"],
  ]);
});

Deno.test("posix join(), normalize(), relative(), resolve() tidy dots and slashes", () => {
  table([
    [posix.join(), "."],
    [posix.join(""), "."],
    [posix.join("a", "", "b"), "a/b"],
    [posix.join("a", "../..", "b"), "../b"],
    [posix.join("/a", "/b/"), "/a/b/"],
    [posix.join(new URL("file:///a%20b"), "c"), "/a b/c"],
    [posix.normalize("/a/./b//../c/"), "/a/c/"],
    [posix.normalize("/../a"), "/a"],
    [posix.normalize("a\\b"), "a\\b"],
    [posix.relative("/a/b", "/a/c/d"), "../c/d"],
    [posix.relative("/a", "/a"), ""],
    [posix.resolve("/a", "b", "../c"), "/a/c"],
    [posix.resolve("/a", "/b"), "/b"],
    [posix.isAbsolute("/a"), true],
    [posix.isAbsolute("a"), false],
    [posix.isAbsolute(""), false],
    [posix.SEPARATOR, "/"],
  ]);
});

Deno.test("posix toFileUrl() escapes what is URL syntax and fromFileUrl() gives it back", () => {
  const rows = [
    ["/a b", "file:///a%20b"],
    ["/100%", "file:///100%25"],
    ["/%41", "file:///%2541"],
    ["/a#b?c", "file:///a%23b%3Fc"],
    ["/a\nb\tc\rd", "file:///a%0Ab%09c%0Dd"],
    ["/a\\b", "file:///a%5Cb"],
    ["/é", "file:///%C3%A9"],
    ["/a:b@c", "file:///a:b@c"],
    ["/", "file:///"],
  ] as const;
  for (const [plain, href] of rows) {
    assert.equal(posix.toFileUrl(plain).href, href);
    assert.equal(posix.fromFileUrl(href), plain);
  }
  assert.equal(posix.toFileUrl("///a").href, "file:///a");
  assert.throws(() => posix.toFileUrl("a"), TypeError);
  assert.throws(() => posix.toFileUrl(""), TypeError);
});

Deno.test("posix fromFileUrl() is lenient with percent signs and strict with schemes", () => {
  table([
    [posix.fromFileUrl("file:///100%"), "/100%"],
    [posix.fromFileUrl("file:///a%2Fb"), "/a/b"],
    [posix.fromFileUrl("file://localhost/a"), "/a"],
    [posix.fromFileUrl("file:a"), "/a"],
  ]);
  assert.throws(() => posix.fromFileUrl("https://a/b"), TypeError);
  assert.throws(() => posix.fromFileUrl("/a"), TypeError);
  assert.throws(() => posix.fromFileUrl("file:///%FF"), URIError);
});

Deno.test("windows functions know drives, both slashes and shares", () => {
  table([
    [windows.SEPARATOR, "\\"],
    [windows.basename("C:\\a\\b.dcm"), "b.dcm"],
    [windows.basename("C:/a/b.dcm/"), "b.dcm"],
    [windows.dirname("C:\\a\\b"), "C:\\a"],
    [windows.dirname("C:\\a"), "C:\\"],
    [windows.extname("C:\\a.b\\c.dcm"), ".dcm"],
    [windows.join("C:\\a", "..", "b/c"), "C:\\b\\c"],
    [windows.join("//server", "share"), "\\\\server\\share\\"],
    [windows.normalize("C:/a/./b"), "C:\\a\\b"],
    [windows.relative("C:\\a\\b", "C:\\a\\c"), "..\\c"],
    [windows.relative("C:\\a", "D:\\a"), "D:\\a"],
    [windows.resolve("C:\\a", "b"), "C:\\a\\b"],
    [windows.isAbsolute("C:\\a"), true],
    [windows.isAbsolute("C:a"), false],
    [windows.isAbsolute("\\\\server\\share"), true],
  ]);
});

Deno.test("windows toFileUrl() and fromFileUrl() are inverse for drives and shares", () => {
  const rows = [
    ["C:\\a b", "file:///C:/a%20b"],
    ["C:\\100%#?", "file:///C:/100%25%23%3F"],
    ["\\\\server\\share\\a", "file://server/share/a"],
    ["C:\\", "file:///C:/"],
  ] as const;
  for (const [plain, href] of rows) {
    assert.equal(windows.toFileUrl(plain).href, href);
    assert.equal(windows.fromFileUrl(href), plain);
  }
  table([
    [windows.toFileUrl("\\\\localhost\\share\\a").href, "file:///share/a"],
    [windows.fromFileUrl("file:///a/b"), "\\a\\b"],
  ]);
  assert.throws(() => windows.toFileUrl("C:a"), TypeError);
  assert.throws(() => windows.fromFileUrl("https://a/b"), TypeError);
});
