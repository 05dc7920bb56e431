import { strict as assert } from "node:assert";
import { fromFileUrl as fromPosixUrl } from "@std/path/posix";
import { fromFileUrl as fromWindowsUrl } from "@std/path/windows";
import fc from "fast-check";
import { isWithin, nativePath } from "../../../vfs/location/file_path.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";

function windows(url: string): string {
  return nativePath(parseLocation(url).location, "windows");
}

function posix(url: string): string {
  return nativePath(parseLocation(url).location, "posix");
}

function refused(action: () => unknown, hint?: string): void {
  assert.throws(action, (error) => {
    assert(isVfsError(error) && error.kind === "InvalidUrl", String(error));
    if (hint) assert(error.message.includes(hint), error.message);
    return true;
  });
}

Deno.test("nativePath() gives the path that @std/path gives, for any names on POSIX", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 })
    .filter((s) => s !== "." && s !== ".." && !/[/\0]/.test(s));
  fc.assert(fc.property(fc.array(name), (segments) => {
    const location = new Location({ scheme: "file", segments });
    assert.equal(nativePath(location, "posix"), fromPosixUrl(location.url));
  }));
});

Deno.test("nativePath() takes a localhost on both systems", () => {
  assert.equal(posix("file://localhost/etc/x"), "/etc/x");
  assert.equal(windows("file://LOCALHOST/C:/x"), "C:\\x");
});

Deno.test("nativePath() refuses another host on POSIX with a hint", () => {
  refused(() => posix("file://data/x"), "file:///");
});

Deno.test("nativePath() refuses a query and a port, which would be lost", () => {
  refused(() => posix("file:///a?b"), "%3F");
  refused(() => posix("file://localhost:80/a"));
});

Deno.test("nativePath() refuses a separator within a segment", () => {
  refused(() => posix("file:///a%2Fb"));
  refused(() => windows("file:///C:/a%2Fb"));
  refused(() => windows("file:///C:/a%5Cb"));
  assert.equal(posix("file:///a%5Cb"), "/a\\b");
});

Deno.test("nativePath() gives drives and shares on Windows as @std/path does", () => {
  for (
    const url of [
      "file:///C:/",
      "file:///c:/data/a%20b.dcm",
      "file://server/share/x%23y",
    ]
  ) {
    assert.equal(windows(url), fromWindowsUrl(url));
  }
  assert.equal(windows("file:///C:/"), "C:\\");
  assert.equal(windows("file://server/share/x"), "\\\\server\\share\\x");
});

Deno.test("nativePath() refuses what has no drive or share on Windows", () => {
  refused(() => windows("file:///data/x"), "drive");
  refused(() => windows("file:///"), "drive");
  refused(() => windows("file://server/"), "share");
  refused(() => windows("file://./pipe/x"), "server");
});

Deno.test("nativePath() refuses names that Windows reserves", () => {
  const names = [
    "CON",
    "nul",
    "NUL.txt",
    "nul .tar.gz",
    "com1",
    "COM¹",
    "LPT9.dcm",
    "conin$",
    "a.",
    "a ",
    "a:b",
    "a<b",
    "a|b",
    "a*b",
    "a%3Fb",
    "a%22b",
    "a%0Ab",
  ];
  for (const name of names) refused(() => windows(`file:///C:/${name}/x`), "Windows");
  refused(() => windows(`file:///C:/${"a".repeat(256)}`), "long");
  assert.equal(windows(`file:///C:/${"ü".repeat(255)}`).length, 258);
  for (const name of ["console", "com", "com10", "nulls.txt", ".con", "a.b c"]) {
    assert.equal(windows(`file:///C:/${name}`), `C:\\${name}`);
  }
});

Deno.test("isWithin() goes by whole segments, and on Windows without case", () => {
  assert(isWithin("/data", "/data", "posix"));
  assert(isWithin("/data", "/data/x", "posix"));
  assert(!isWithin("/data", "/database", "posix"));
  assert(!isWithin("/data", "/Data/x", "posix"));
  assert(isWithin("C:\\", "c:\\x", "windows"));
  assert(isWithin("C:\\Data", "c:\\data\\x", "windows"));
  assert(!isWithin("C:\\Data", "C:\\Data2", "windows"));
});
