import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { createVfs } from "../../../mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { httpTransport } from "../../../transports/http/mod.ts";
import { isIndex, linksOf } from "../../../transports/http/index_page.ts";
import type { ByteRange } from "../../../mod.ts";
import type { ErrorKind } from "../../../vfs/errors.ts";
import { zipOf } from "../zip/_build.ts";
import { index, serveFiles } from "./_server.ts";

const once = { layers: { retry: { attempts: 1 } } };
const bytes = (text: string) => new TextEncoder().encode(text);

const STATUSES: readonly (readonly [number, ErrorKind])[] = [
  [401, "Unauthenticated"],
  [403, "PermissionDenied"],
  [404, "NotFound"],
  [410, "NotFound"],
  [418, "Protocol"],
  [429, "RateLimited"],
  [500, "Unavailable"],
  [503, "Unavailable"],
];

for (const [status, kind] of STATUSES) {
  Deno.test(`http answer ${status} is ${kind}, whatever is asked`, async () => {
    const headers = { "retry-after": "7" };
    await using server = serveFiles({}, { before: () => new Response("no", { status, headers }) });
    await using vfs = createVfs(once);
    const url = `${server.origin}/a`;
    await assert.rejects(vfs.stat(url), { kind, retryAfterMs: 7000 });
    await assert.rejects(vfs.readFile(url), { kind, detail: { http: status } });
    await assert.rejects(Array.fromAsync(vfs.readDir(url)), { kind });
  });
}

Deno.test("http credentials go to their own origin, and no further", async () => {
  const seen: (string | null)[] = [];
  const note = (request: Request) => void seen.push(request.headers.get("authorization"));
  await using other = serveFiles({ "x": bytes("content") }, { before: note });
  await using server = serveFiles({ "b": bytes("b") }, {
    before(request) {
      note(request);
      const { pathname } = new URL(request.url);
      if (pathname === "/b") return undefined;
      const location = pathname === "/out" ? `${other.origin}/x` : "/b";
      return new Response(null, { status: 302, headers: { location } });
    },
  });
  await using vfs = createVfs();
  const url = server.origin.replace("//", "//ann:s3cret@");
  assert.equal(await vfs.readTextFile(`${url}/out`), "content");
  const login = `Basic ${btoa("ann:s3cret")}`;
  assert.deepEqual(seen.splice(0), [login, null]);
  assert.equal(await vfs.readTextFile(`${url}/within`), "b");
  assert.deepEqual(seen, [login, login]);
});

Deno.test("http redirections without end, to nowhere, and to other schemes are Protocol", async () => {
  for (const location of ["/again", "file:///etc/passwd", "http://", "javascript:1"]) {
    const before = () => new Response(null, { status: 302, headers: { location } });
    await using server = serveFiles({}, { before });
    await using vfs = createVfs(once);
    await assert.rejects(vfs.readFile(`${server.origin}/a`), { kind: "Protocol" }, location);
  }
});

Deno.test("http get() that breaks off is Incomplete, never a short file", async () => {
  const before = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes("only a beg"));
          setTimeout(() => controller.error(new Error("cut")), 10);
        },
      }),
    );
  await using server = serveFiles({}, { before });
  await using vfs = createVfs(once);
  await assert.rejects(vfs.readFile(`${server.origin}/a`), { kind: "Incomplete" });
});

Deno.test("http parts that are not those asked for are Protocol", async () => {
  const ranges = ["5-9/20", "9-5/20", "0-4/*", "0-11/*"].map((range) => `bytes ${range}`);
  for (const range of [...ranges, "lines 0-9/20", ""]) {
    const headers = { "content-range": range };
    const before = () => new Response(bytes("0123456789"), { status: 206, headers });
    await using server = serveFiles({}, { before });
    await using vfs = createVfs(once);
    const read = vfs.readFile(`${server.origin}/a`, { range: { start: 0, end: 10 } });
    await assert.rejects(read, { kind: "Protocol" }, range);
  }
});

Deno.test("http parts of what has no size are those asked for, or Protocol", async () => {
  const headers = { "content-range": "bytes 0-9/*" };
  const before = () => new Response(bytes("0123456789"), { status: 206, headers });
  await using server = serveFiles({}, { before });
  await using vfs = createVfs(once);
  const read = (range: ByteRange) => vfs.readFile(`${server.origin}/a`, { range });
  assert.deepEqual(await read({ start: 0, end: 10 }), bytes("0123456789"));
  // Nothing tells whether it goes on.
  await assert.rejects(read({ start: 0 }), { kind: "Protocol" });
  await assert.rejects(read({ suffix: 20 }), { kind: "Protocol" });
});

for (const status of [201, 202, 204, 205, 207, 226]) {
  Deno.test(`http answer ${status} to GET is no file`, async () => {
    const body = [204, 205].includes(status) ? null : "in preparation";
    await using server = serveFiles({}, { before: () => new Response(body, { status }) });
    await using vfs = createVfs(once);
    const url = `${server.origin}/a`;
    await assert.rejects(vfs.readFile(url), { kind: "Protocol", detail: { http: status } });
    await assert.rejects(vfs.stat(url), { kind: "Protocol" });
    await vfs.writeFile("memory:///old", bytes("old"));
    await assert.rejects(vfs.copy(url, "memory:///old", { existing: "replace" }));
    assert.equal(await vfs.readTextFile("memory:///old"), "old");
  });
}

Deno.test("http list() is through at once with a page of tags that have no end", () => {
  for (const tag of ["<a ", "<a href   ", "<a href= ", "<a href='", '<a href="', "<a href"]) {
    const page = `<title>d</title>${tag.repeat(500_000)}`;
    assert(!isIndex(page, "http://host/d/"));
    assert(linksOf(page, "http://host/d/").length <= 1, tag);
  }
});

Deno.test("http get() sees by itself that the etag is another one", async () => {
  await using server = serveFiles({ a: bytes("content") });
  await using vfs = createVfs();
  const { etag } = await vfs.stat(`${server.origin}/a`);
  assert.equal(etag, '"7-99"');
  const { transport, location } = await connect(`${server.origin}/a`);
  await using _ = transport;
  const signal = AbortSignal.timeout(5000);
  await assert.rejects(transport.get(location, { ifMatch: '"other"', signal }), {
    kind: "ConditionFailed",
  });
});

Deno.test("http list() takes the entries right below, and refuses names that are none", () => {
  const base = "http://host/d/";
  const links = (...hrefs: string[]) =>
    linksOf(hrefs.map((href) => `<A class=x HREF="${href}">x</a>`).join(""), base);
  assert.deepEqual(
    links("a%20b", "sub/", "sub/", "/d/c&amp;d", "http://host/d/e", "./f").map(({ name }) => name),
    ["a b", "sub", "c&d", "e", "f"],
  );
  const elsewhere = [
    "../",
    "..",
    "?C=N",
    "http://other/d/x",
    "/e",
    "a/b",
    "javascript:x",
    "#",
    ".",
    "%2e%2e/x",
  ];
  assert.deepEqual(links(...elsewhere), []);
  for (const hostile of ["..%2fup", "a%5cb", "a%00b", "%ff", "%2fetc"]) {
    assert.throws(() => links("fine", hostile), RangeError, hostile);
  }
});

Deno.test("http walk() of a page that is no index is NotSupported, of a hostile one Protocol", async () => {
  const pages = [["<title>Welcome</title><a href=x>x</a>", "NotSupported"]] as const;
  for (const [page, kind] of pages) {
    const headers = { "content-type": "text/html" };
    await using server = serveFiles({}, { before: () => new Response(page, { headers }) });
    await using vfs = createVfs(once);
    await assert.rejects(Array.fromAsync(vfs.walk(server.origin)), { kind });
  }
  await using server = serveFiles({}, { before: () => index("", ["ok", "a\\b"]) });
  await using vfs = createVfs(once);
  await assert.rejects(Array.fromAsync(vfs.walk(server.origin)), { kind: "Protocol" });
});

Deno.test("http walk() follows a listing that was given, where the server has none", async () => {
  const headers = { "content-type": "text/html" };
  await using server = serveFiles({ "d/e/f": bytes("content") }, {
    before: (r) => r.url.endsWith("/") ? new Response("<p>Hello", { headers }) : undefined,
  });
  await using vfs = createVfs();
  const listing = [{ url: `${server.origin}/d/e/f`, size: 7 }, "https://elsewhere/x"];
  vfs.register(httpTransport({ listing }), { override: true });
  const entries = await Array.fromAsync(vfs.entries(server.origin));
  assert.deepEqual(entries.map(({ name }) => name), ["d", "e", "f"]);
  assert.equal(await vfs.readTextFile(entries[2]!.url), "content");
  assert.equal(await vfs.isDirectory(`${server.origin}/d`), true);
});

Deno.test("http stat() without HEAD asks for the first byte", async () => {
  await using server = serveFiles({ a: bytes("content"), empty: bytes("") }, { head: false });
  await using vfs = createVfs();
  const info = await vfs.stat(`${server.origin}/a`);
  assert.deepEqual([info.size, info.kind, info.mtime?.getUTCFullYear()], [7, "file", 2026]);
  assert.equal((await vfs.stat(`${server.origin}/empty`)).size, 0);
  assert.deepEqual(server.requests.slice(0, 2), ["HEAD /a", "GET /a bytes=0-0"]);
});

Deno.test("zip over http: a member costs two requests, of a zip with a long directory three", async () => {
  const member = seededBytes(3, 300_000);
  const many = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`long name of ${i}`, "x"]),
  );
  const files = { "few.zip": zipOf({ member }), "many.zip": zipOf({ ...many, member }) };
  await using server = serveFiles(files);
  for (const [name, requests] of [["few.zip", 2], ["many.zip", 3]] as const) {
    await using vfs = createVfs();
    server.requests.length = 0;
    const url = `zip://${encodeURIComponent(`${server.origin}/${name}`)}/member`;
    assert.deepEqual(await vfs.readFile(url), member);
    assert.equal(server.requests.length, requests, server.requests.join("\n"));
  }
});

Deno.test("http gives a .gz that is called gzip as it is, and refuses what is compressed on its way", async () => {
  const packed = new Uint8Array(gzipSync(new Uint8Array(100_000)));
  const coded = (length: boolean) => (request: Request) =>
    new Response(request.method === "HEAD" ? null : new Blob([packed]).stream(), {
      headers: {
        "content-encoding": "gzip",
        ...(length && { "content-length": `${packed.length}` }),
      },
    });
  await using labelled = serveFiles({}, { before: coded(true) });
  await using vfs = createVfs();
  assert.deepEqual(await vfs.readFile(`${labelled.origin}/t1.nii.gz`), new Uint8Array(packed));
  assert.equal((await vfs.stat(`${labelled.origin}/t1.nii.gz`)).size, packed.length);
  await assert.rejects(vfs.readFile(`${labelled.origin}/t1.nii`), { kind: "Protocol" });
  assert.equal((await vfs.stat(`${labelled.origin}/t1.nii`)).size, undefined);
  await using packing = serveFiles({}, { before: coded(false) });
  await assert.rejects(vfs.readFile(`${packing.origin}/t1.nii.gz`), { kind: "Protocol" });
});

Deno.test("http stat() and readFile() find a folder that is there with a slash alone", async () => {
  const before = (request: Request) =>
    new URL(request.url).pathname === "/d/" ? index("d", ["x"]) : undefined;
  await using server = serveFiles({}, { before });
  await using vfs = createVfs();
  assert.equal((await vfs.stat(`${server.origin}/d`)).kind, "directory");
  await assert.rejects(vfs.readFile(`${server.origin}/d`), { kind: "IsADirectory" });
  await assert.rejects(vfs.stat(`${server.origin}/e`), { kind: "NotFound" });
});

Deno.test("list() asks for a folder with all of its query, also what follows another question mark", async () => {
  const asked: string[] = [];
  const before = ({ url }: Request) => {
    asked.push(url.slice(url.indexOf("/", 8)));
    return new Response("<title>Index of /d</title>", { headers: { "content-type": "text/html" } });
  };
  await using server = serveFiles({}, { before });
  await using vfs = createVfs(once);
  for (const path of ["/d", "/d/", "/d?sig=a?b&c", "/d/?sig=a?b", "/", "/?a?b"]) {
    await Array.fromAsync(vfs.readDir(`${server.origin}${path}`));
  }
  assert.deepEqual(asked, ["/d/", "/d/", "/d/?sig=a?b&c", "/d/?sig=a?b", "/", "/?a?b"]);
});

Deno.test("a pattern after the URL of a zip on a web server means its members; a query with = is the server's", async () => {
  const files = { "time.zip": zipOf({ "time/t0/a": "a", "time/t1/b": "b" }) };
  await using server = serveFiles(files);
  await using vfs = createVfs();
  const names = async (query: string) => {
    const url = `${server.origin}/time.zip?${query}`;
    const found = await Array.fromAsync(vfs.entries(url, { includeDirs: false }));
    return await Promise.all(found.map((entry) => vfs.readTextFile(entry.url)));
  };
  assert.deepEqual(await names("time/t1"), ["b"]);
  assert.deepEqual(await names("*[ab]"), ["a", "b"]);
  await assert.rejects(names("nope"), { kind: "NotFound" });
  assert.equal((await vfs.stat(`${server.origin}/time.zip?token=abc`)).kind, "file");
});

async function connect(url: string) {
  const { Connections } = await import("../../../vfs/connections.ts");
  const { builtinRegistry } = await import("../../../transports/builtin.ts");
  return await new Connections(builtinRegistry()).resolve(url);
}
