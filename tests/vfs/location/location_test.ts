import { strict as assert } from "node:assert";
import fc from "fast-check";
import { toFileUrl } from "@std/path";
import { Secret } from "../../../vfs/credentials/credentials.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";
import { encodeSegment } from "../../../vfs/location/url_syntax.ts";
import { isName } from "../../../vfs/location/names.ts";
import { throws } from "../_fakes.ts";

const name = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter(isName);
const host = fc.constantFrom(
  "pacs",
  "PACS_1",
  "xnat.example.org",
  "[::1]",
  "[2001:DB8::1]",
  "127.0.0.1",
);
const port = fc.option(fc.nat(65535), { nil: undefined });

Deno.test("Location.href parsed gives the same location, for any segments", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("xnat", "dicom", "memory", "file", "xnat+http"),
      host,
      port,
      fc.array(name, { maxLength: 6 }),
      fc.boolean(),
      fc.constantFrom("", "a=b", "x=%2F&y=a@b", "?"),
      (scheme, host, port, segments, isDirectoryHint, query) => {
        const hint = isDirectoryHint && segments.length > 0;
        const location = new Location({
          scheme,
          host,
          port,
          segments,
          query,
          isDirectoryHint: hint,
        });
        const again = parseLocation(location.href).location;
        assert.deepEqual({ ...again }, { ...location });
        assert.equal(again.href, location.href);
        assert.equal(parseLocation(location.href).credentials, undefined);
        assert.deepEqual(again.segments, segments);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("Location.href survives a URL object, for any segments", () => {
  fc.assert(fc.property(fc.array(name, { maxLength: 4 }), (segments) => {
    const location = new Location({ scheme: "xnat", host: "h", segments });
    assert.deepEqual(parseLocation(location.url).location.segments, segments);
  }));
});

Deno.test("encodeSegment() leaves nothing that a glob, a query or a path would read", () => {
  fc.assert(fc.property(name, (text) => {
    const encoded = encodeSegment(text);
    assert.match(encoded, /^[A-Za-z0-9._~:,+=%-]+$/);
    assert.equal(decodeURIComponent(encoded), text);
  }));
});

Deno.test("parseLocation() tells userinfo apart from the location, for any escaped password", () => {
  fc.assert(fc.property(name, name, port, (user, password, port) => {
    fc.pre(!/^[\s]*$/.test(password));
    const secret = `${password}S3CRET`;
    const at = port === undefined ? "pacs" : `pacs:${port}`;
    const url = `xnat://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${at}/P`;
    const parsed = parseLocation(url);
    assert.equal(parsed.location.host, "pacs");
    assert.equal(parsed.location.port, port);
    assert.equal(parsed.credentials?.username, user);
    assert.equal(parsed.credentials?.password?.reveal(), secret);
    for (const shown of [parsed, parsed.location, parsed.credentials]) {
      assert(!Deno.inspect(shown).includes("S3CRET"));
      assert(!JSON.stringify(shown).includes("S3CRET"));
      assert(!String(shown).includes("S3CRET"));
    }
  }));
});

Deno.test("promise 7: no part of an unescaped password is in a location or an error", () => {
  const junk = fc.string({ unit: fc.constantFrom(..."/?#@%:\\ [].a1".split("")), maxLength: 6 });
  const paths = fc.constantFrom("", "/", "/P", "/P/%zz", "/P#x", "/a//b", "/%00", "/P?q=1");
  const heads = fc.constantFrom(
    "xnat://",
    "xnat:",
    "xnat:\\\\",
    "XNAT://",
    "file://",
    " xnat://",
    "1x://",
    "://",
  );
  fc.assert(
    fc.property(heads, junk, junk, paths, (head, before, after, path) => {
      const url = `${head}user:${before}S3CRET${after}@host.example.org${path}`;
      let shown: string;
      try {
        const { location } = parseLocation(url);
        shown = location.href + Deno.inspect(location) + JSON.stringify(location);
      } catch (error) {
        shown = Deno.inspect(error) + JSON.stringify(error) + String(error);
      }
      assert(!shown.includes("S3CRET"), `${url} is shown as ${shown}`);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("promise 7: an unescaped password never makes another host of it", () => {
  for (const password of ["a@evil/b", "12/34", "a@b?c", "1/@2"]) {
    throws(() => parseLocation(`xnat://user:${password}@host/P`), "InvalidUrl");
  }
});

Deno.test("parseLocation() takes a literal @ in a path that no password can be part of", () => {
  assert.deepEqual(parseLocation("xnat://host/P/a@b").location.segments, ["P", "a@b"]);
  assert.deepEqual(parseLocation("file:///home/me@work").location.segments, ["home", "me@work"]);
  assert.equal(parseLocation("xnat://host/P/a@b").location.href, "xnat://host/P/a%40b");
});

Deno.test("parseLocation() keeps the case of the host and the port, with userinfo", () => {
  const { location, credentials } = parseLocation("dicom://WS1@PACS:104/Archive");
  assert.equal(location.href, "dicom://PACS:104/Archive");
  assert.equal(location.origin, "dicom://PACS:104");
  assert.deepEqual(credentials, { username: "WS1" });
});

Deno.test("parseLocation() takes the scheme in upper case", () => {
  assert.equal(parseLocation("XNAT+HTTP://Host/P").location.href, "xnat+http://Host/P");
  assert.equal(parseLocation("FILE:///tmp/x").location.href, "file:///tmp/x");
});

Deno.test("parseLocation() takes IPv6 hosts, with and without port", () => {
  assert.equal(
    parseLocation("xnat://u:p@[2001:db8::1]:8080/P").location.href,
    "xnat://[2001:db8::1]:8080/P",
  );
  assert.equal(parseLocation("xnat://[::1]/P").location.port, undefined);
  for (
    const bad of [
      "xnat://[::1/P",
      "xnat://::1/P",
      "xnat://[]/P",
      "xnat://[:::1]/P",
      "xnat://[::g]/P",
    ]
  ) {
    throws(() => parseLocation(bad), "InvalidUrl");
  }
});

Deno.test("parseLocation() refuses malformed hosts and ports", () => {
  for (
    const authority of [
      "h:65536",
      "h:x",
      "h:-1",
      "h: 1",
      ":80",
      "a b",
      "h\\x",
      "h:1:2",
      "h:1e3",
      "h\n",
    ]
  ) {
    throws(() => parseLocation(`xnat://${authority}/P`), "InvalidUrl");
  }
  assert.equal(parseLocation("xnat://h:/P").location.href, "xnat://h/P");
  assert.equal(parseLocation("xnat://h:0080/P").location.port, 80);
  assert.equal(parseLocation("xnat://h:0/P").location.port, 0);
});

Deno.test("parseLocation() decodes per segment after splitting", () => {
  const { segments } = parseLocation("xnat://h/a%2Fb/%3F%23%25/%C3%A4/+").location;
  assert.deepEqual(segments, ["a/b", "?#%", "ä", "+"]);
});

Deno.test("parseLocation() refuses segments that decoding makes dangerous, and malformed ones", () => {
  for (
    const path of ["%2e%2e", "a/%2E%2e/b", "%2e", "a%00b", "%FF", "%", "%4", "%zz", "a%", "%C3"]
  ) {
    throws(() => parseLocation(`xnat://h/${path}`), "InvalidUrl");
    throws(() => parseLocation(`file:///${path}`), "InvalidUrl");
  }
});

Deno.test("parseLocation() resolves literal dot segments and never above the root", () => {
  for (
    const [path, segments] of [
      ["/a/./b/../c", ["a", "c"]],
      ["/../../a", ["a"]],
      ["/..", []],
      ["/a/..", []],
      ["/...", ["..."]],
    ] as const
  ) assert.deepEqual(parseLocation(`xnat://h${path}`).location.segments, segments);
});

Deno.test("parseLocation() refuses empty segments, but not for file:", () => {
  for (const path of ["//", "/a//b", "//a", "/a//"]) {
    throws(() => parseLocation(`xnat://h${path}`), "InvalidUrl");
  }
  assert.deepEqual(parseLocation("file:////a//b//").location.segments, ["a", "b"]);
});

Deno.test("parseLocation() tells a directory by its slash", () => {
  for (
    const [url, hint] of [
      ["xnat://h", false],
      ["xnat://h/", false],
      ["xnat://h/a", false],
      ["xnat://h/a/", true],
      ["xnat://h/a/?q", true],
      ["/tmp/", true],
      ["/tmp", false],
      ["rel/", true],
    ] as const
  ) assert.equal(parseLocation(url).location.isDirectoryHint, hint, url);
  assert.equal(parseLocation("xnat://h/a/").location.href, "xnat://h/a/");
});

Deno.test("parseLocation() refuses fragments and says how to write one", () => {
  for (const url of ["xnat://h/a#b", "xnat://h/#", "xnat://h/a?q#b", "file:///a#"]) {
    assert.match(throws(() => parseLocation(url), "InvalidUrl").message, /%23/);
  }
});

Deno.test("parseLocation() refuses what has a scheme but is no URL", () => {
  for (const url of ["file:rel", "C:\\dir\\x", "c:/x", "xnat:", "xnat:P", "xnat:?q", "a:b"]) {
    if (Deno.build.os === "windows" && /^c:/i.test(url)) continue;
    if (url === "c:/x") {
      assert.equal(parseLocation(url).location.scheme, "c");
      continue;
    }
    throws(() => parseLocation(url), "InvalidUrl");
  }
  throws(() => parseLocation(""), "InvalidUrl");
});

Deno.test("parseLocation() keeps the host of file://host/, for the driver to refuse", () => {
  assert.equal(parseLocation("file://host/share").location.host, "host");
  assert.equal(parseLocation("file:/tmp/x").location.href, "file:///tmp/x");
});

Deno.test("parseLocation() takes plain paths literally", {
  ignore: Deno.build.os === "windows",
}, () => {
  for (
    const path of [
      "/tmp/a#b?c%20d%",
      "/tmp/a b",
      "/tmp/%2e%2e",
      "/tmp/a\\",
      "/tmp/[*]{}",
      "/tmp/a@b:c",
    ]
  ) {
    const { location } = parseLocation(path);
    assert.equal("/" + location.segments.join("/"), path);
    assert.equal(location.isDirectoryHint, false, path);
    assert.equal(location.query, "");
    assert.equal(parseLocation(location.href).location.href, location.href);
  }
});

Deno.test("parseLocation() resolves relative paths against the working directory", () => {
  const here = toFileUrl(Deno.cwd()).href;
  assert.equal(parseLocation("a/b").location.href, `${here}/a/b`);
  assert.equal(parseLocation("./a/../b").location.href, `${here}/b`);
  assert.equal(parseLocation(".").location.href, here);
  assert.equal(parseLocation("a#b").location.name, "a#b");
});

Deno.test("parseLocation() refuses paths that hold a NUL or half a character", () => {
  throws(() => parseLocation("/tmp/a\0b"), "InvalidUrl");
  throws(() => parseLocation("/tmp/\ud800"), "InvalidUrl");
});

Deno.test("Location.child() and join() refuse what is no name", () => {
  const { location } = parseLocation("memory:///a");
  for (const bad of ["", ".", "..", "a\0", "\udfff"]) {
    throws(() => location.child(bad), "InvalidUrl");
    throws(() => location.join("ok", bad), "InvalidUrl");
    throws(() => new Location({ scheme: "memory", segments: [bad] }), "InvalidUrl");
  }
  assert.equal(location.child("../x").href, "memory:///a/..%2Fx");
});

Deno.test("Location.parent(), name and contains() go by segments and origin", () => {
  const at = (url: string) => parseLocation(url).location;
  assert.equal(at("memory:///a/b/").parent()?.href, "memory:///a");
  assert.equal(at("memory:///").parent(), undefined);
  assert.equal(at("memory:///a/b%2Fc").name, "b/c");
  assert(at("memory:///a").contains(at("memory:///a/b")));
  assert(at("memory:///a/").contains(at("memory:///a")));
  assert(!at("memory:///a").contains(at("memory:///ab")));
  assert(!at("memory:///a").contains(at("memory://h/a/b")));
  assert(!at("memory:///a/b").contains(at("memory:///a")));
});

Deno.test("parseLocation() gives a location back as it is", () => {
  const { location } = parseLocation("memory:///a");
  assert.equal(parseLocation(location).location, location);
});

Deno.test("parseLocation() takes every kind of userinfo", () => {
  const creds = (url: string) => parseLocation(url).credentials;
  assert.equal(creds("xnat://h/P"), undefined);
  assert.deepEqual(creds("xnat://u@h/P"), { username: "u" });
  assert.equal(creds("xnat://u:@h/P")?.password?.reveal(), "");
  assert.equal(creds("xnat://:p@h/P")?.username, undefined);
  assert.equal(creds("xnat://u:a:b@h/P")?.password?.reveal(), "a:b");
  assert.equal(creds("xnat://u:p%40w@h/P")?.password?.reveal(), "p@w");
  assert.equal(creds("xnat://u:p@w@h/P")?.password?.reveal(), "p@w");
  assert.equal(creds("http://u:p@h/P")?.password instanceof Secret, true);
  assert.equal(parseLocation(new URL("http://u:p@h/P")).location.href, "http://h/P");
});
