import { strict as assert } from "node:assert";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { storedZip } from "../../../transports/xnat/stored_zip.ts";
import { xnatTransport, type XnatTransportOptions } from "../../../transports/xnat/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const NAMES = ["1.dcm", "2.dcm", "3.dcm", "with blank.dcm", "sub/4.dcm", "sub/files/1.dcm"];

function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(name.repeat(2000));
}

/** A server with two resources, and requests counted from the first copy on. */
async function seeded(): Promise<{ server: XnatServer; origin: string }> {
  const server = await startXnatServer();
  server.seed.scan(["P", "s", "e", "1"], { fields: { type: "T1 w" } });
  for (const name of NAMES) {
    await server.seed.file(["P", "s", "e", "1", "DICOM", ...name.split("/")], bytesOf(name));
  }
  server.requests.clear();
  return { server, origin: `xnat+http://admin:admin@127.0.0.1:${server.port}` };
}

function vfsOf(options: XnatTransportOptions = {}): Vfs {
  const vfs = createVfs({ layers: { random: () => 0 } });
  vfs.register(xnatTransport(options), { override: true });
  return vfs;
}

/** Copies the resource, checks what came, and tells how many zips and single files were asked for. */
async function copied(
  vfs: Vfs,
  { server, origin }: Awaited<ReturnType<typeof seeded>>,
  expected: Readonly<Record<string, Uint8Array>> = {},
): Promise<{ zips: number; files: number }> {
  const to = "memory://copied/to";
  await vfs.remove(to, { recursive: true }).catch(() => {});
  server.requests.clear();
  await vfs.copy(`${origin}/P/s/e/1/DICOM`, to);
  const asked = server.requests.entries.map(({ path, query }) => `${path}?${query}`);
  for (const name of NAMES) {
    assert.deepEqual(await vfs.readFile(`${to}/${name}`), expected[name] ?? bytesOf(name), name);
  }
  return {
    zips: asked.filter((url) => url.includes("format=zip")).length,
    files: asked.filter((url) => /\/files\/[^?]+/.test(url)).length,
  };
}

/** A vfs whose zips are made of other members than asked for. */
function tampered(
  change: (members: [path: string, bytes: Uint8Array<ArrayBuffer>][]) => typeof members,
): Vfs {
  return vfsOf({
    async fetch(url, init) {
      const answer = await fetch(url, init);
      if (!url.includes("format=zip") || !answer.ok) return answer;
      await answer.body?.cancel();
      const prefix = "e/scans/1-T1_w/resources/DICOM/files/";
      const members = change(NAMES.map((name) => [prefix + name, bytesOf(name)]));
      const zip = storedZip(members.map(([path, bytes]) => ({
        path,
        size: bytes.length,
        open: () => Promise.resolve(bytes),
      })));
      return new Response(ReadableStream.from(zip), { headers: answer.headers });
    },
  });
}

Deno.test("copy() of a resource asks for one zip and for no file", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  await using vfs = vfsOf();
  // The folders in it are less than half of it.
  assert.deepEqual(await copied(vfs, kit), { zips: 1, files: 2 });
});

Deno.test("copy() asks alone for what a zip lacks, has damaged, under another name or another size", async () => {
  type Change = Parameters<typeof tampered>[0];
  /** Another first member. */
  const first = (change: (path: string, bytes: Uint8Array<ArrayBuffer>) => ReturnType<Change>) =>
    ((all) => [...change(...all[0]!), ...all.slice(1)]) satisfies Change;
  const changes: Record<string, [Change, number]> = {
    "as it should be": [(all) => all, 0],
    "one is missing": [first(() => []), 1],
    "one is damaged": [first((path, bytes) => [[path, bytes.with(9, 0)]]), 1],
    "one is short": [first((path, bytes) => [[path, bytes.subarray(1)]]), 1],
    "one has another name": [first((_, bytes) => [["e/other/1.dcm", bytes]]), 1],
    "one has no name": [first((_, bytes) => [["", bytes]]), 1],
    "two have changed places": [
      (all) => all.map(([path], i) => [path, all[[1, 0][i] ?? i]![1]]),
      2,
    ],
    "one is there twice": [first((...one) => [one, one]), 0],
    "strangers": [(all) => [["../../etc/passwd", bytesOf("x")], ...all, ["z", bytesOf("y")]], 0],
    "none": [() => [], 4],
  };
  for (const [what, [change, alone]] of Object.entries(changes)) {
    const kit = await seeded();
    await using _ = kit.server;
    await using vfs = tampered(change);
    assert.deepEqual(await copied(vfs, kit), { zips: 1, files: 2 + alone }, what);
  }
});

Deno.test("copy() keeps what came of a zip that broke off, and asks for the rest alone", async () => {
  for (const cut of [0, 20, 100, 20_000, 50_000]) {
    const kit = await seeded();
    await using _ = kit.server;
    await using vfs = vfsOf();
    // A request that nothing came of is sent once more by the platform.
    kit.server.faults.inject({ cut, route: /resources.\d+.files$/, after: 0, times: 1 });
    const { files } = await copied(vfs, kit);
    assert(files >= 2 && files <= 6, `${cut}: ${files}`);
  }
});

Deno.test("copy() asks no more for zips where the server makes none, and still copies", async () => {
  for (
    const answer of [
      () => new Response("no", { status: 501 }),
      () => new Response("no", { status: 400 }),
      () => Response.json({ ResultSet: { Result: [] } }),
      () => new Response("no zip at all", { headers: { "content-type": "application/zip" } }),
    ]
  ) {
    const kit = await seeded();
    await using _ = kit.server;
    let zips = 0;
    await using vfs = vfsOf({
      fetch(url, init) {
        if (!url.includes("format=zip")) return fetch(url, init);
        zips++;
        return Promise.resolve(answer());
      },
    });
    assert.deepEqual(await copied(vfs, kit), { zips: 0, files: 6 });
    assert.deepEqual(await copied(vfs, kit), { zips: 0, files: 6 });
    assert.equal(zips, 1);
  }
});

Deno.test("copy() asks for zips again after one that failed for the moment", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  let isFirst = true;
  await using flaky = vfsOf({
    fetch(url, init) {
      if (!url.includes("format=zip") || !isFirst) return fetch(url, init);
      isFirst = false;
      return Promise.resolve(new Response("busy", { status: 503 }));
    },
  });
  assert.deepEqual(await copied(flaky, kit), { zips: 0, files: 6 });
  assert.deepEqual(await copied(flaky, kit), { zips: 1, files: 2 });
});

Deno.test("copy() takes a file that was replaced since it was listed as it is now", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  const now = bytesOf("other");
  let isFirst = true;
  await using vfs = vfsOf({
    async fetch(url, init) {
      if (url.includes("format=zip") && isFirst) {
        isFirst = false;
        await kit.server.seed.file(["P", "s", "e", "1", "DICOM", "2.dcm"], now);
      }
      return await fetch(url, init);
    },
  });
  const { zips, files } = await copied(vfs, kit, { "2.dcm": now });
  assert.deepEqual([zips, files >= 3], [1, true]);
});

Deno.test("copy() reads large files alone, and no zip of which most would be for nothing", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  const large = new Uint8Array(1_100_000).fill(7);
  await kit.server.seed.file(["P", "s", "e", "1", "DICOM", "large.dcm"], large);
  await using vfs = vfsOf();
  assert.deepEqual(await copied(vfs, kit), { zips: 0, files: 7 });
});

Deno.test("copy() of files without digests in the catalog compares the zip's own checksums", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  const fetchNoDigests: XnatTransportOptions["fetch"] = async (url, init) => {
    const answer = await fetch(url, init);
    if (!url.includes("format=json")) return answer;
    const text = (await answer.text()).replaceAll(/"digest":"[0-9a-f]*"/g, '"digest":""');
    return new Response(text, { status: answer.status, headers: answer.headers });
  };
  await using vfs = vfsOf({ fetch: fetchNoDigests });
  assert.deepEqual(await copied(vfs, kit), { zips: 1, files: 2 });
});

Deno.test("copy() of so much that it is hashed in a thread asks alone for what that finds damaged", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  const pages = Array.from({ length: 70 }, (_, n) => new Uint8Array(1_000_000).fill(n));
  for (const [n, page] of pages.entries()) {
    await kit.server.seed.file(["P", "s", "e", "1", "DICOM", `page${n}`], page);
  }
  let damaged = 0;
  await using vfs = vfsOf({
    async fetch(url, init) {
      const answer = await fetch(url, init);
      if (!url.includes("format=zip") || !answer.body) return answer;
      const damage = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          // The middle of some page or other.
          if (damaged++ === 100) chunk[chunk.length >> 1]! ^= 1;
          controller.enqueue(chunk);
        },
      });
      return new Response(answer.body.pipeThrough(damage), { headers: answer.headers });
    },
  });
  const { zips, files } = await copied(vfs, kit);
  assert.equal(zips, 1);
  assert(files >= 2 && files <= 4, `${files}`);
  for (const [n, page] of pages.entries()) {
    assert.deepEqual(await vfs.readFile(`memory://copied/to/page${n}`), page);
  }
});

Deno.test("copy() that is aborted while a zip comes ends at once and leaves no half file", async () => {
  const kit = await seeded();
  await using _ = kit.server;
  await using vfs = vfsOf();
  kit.server.faults.inject({ stall: 30_000, route: /resources.\d+.files$/, after: 1 });
  const abort = new AbortController();
  const to = "memory://aborted/to";
  const copying = vfs.copy(`${kit.origin}/P/s/e/1/DICOM`, to, {
    signal: abort.signal,
    onOutcome: () => abort.abort(),
  });
  await assert.rejects(copying, { kind: "Aborted" });
  for await (const { url } of vfs.entries(to, { includeDirs: false })) {
    const name = decodeURIComponent(url.slice(to.length + 1));
    assert.deepEqual(await vfs.readFile(url), bytesOf(name), name);
  }
});

Deno.test("copy() takes no file for one of the same path and size in a folder called files, also without digests", async () => {
  await using server = await startXnatServer();
  const contents = { "files/1.dcm": "theirs", "1.dcm": "ours..", "2.dcm": "second" };
  for (const [name, text] of Object.entries(contents)) {
    const path = ["P", "s", "e", "1", "DICOM", ...name.split("/")];
    await server.seed.file(path, new TextEncoder().encode(text));
  }
  await using vfs = vfsOf({
    async fetch(url, init) {
      const answer = await fetch(url, init);
      if (!/json/.test(answer.headers.get("content-type") ?? "")) return answer;
      return new Response(
        (await answer.text()).replaceAll(/"digest":"[0-9a-f]+"/g, '"digest":""'),
        {
          headers: { "content-type": "application/json" },
        },
      );
    },
  });
  const origin = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  await vfs.copy(`${origin}/P/s/e/1/DICOM`, "memory://copied/to");
  for (const [name, text] of Object.entries(contents)) {
    assert.equal(await vfs.readTextFile(`memory://copied/to/${name}`), text, name);
  }
});
