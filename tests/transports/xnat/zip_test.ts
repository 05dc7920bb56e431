import { strict as assert } from "node:assert";
import { unzipSync } from "fflate";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const BYTES = crypto.getRandomValues(new Uint8Array(40_000));

function vfsOf(): Vfs {
  const vfs = createVfs({ layers: { retry: false } });
  vfs.register(xnatTransport(), { override: true });
  return vfs;
}

async function seed(server: XnatServer): Promise<string> {
  for (const session of ["e1", "e2"]) {
    for (const scan of ["1", "2"]) {
      const path = ["P", "s", session, scan];
      server.seed.scan(path, { fields: { type: `T${scan}`, series_description: `fl3d_${scan}` } });
      await server.seed.file([...path, "DICOM", "1.dcm"], BYTES);
      await server.seed.file([...path, "DICOM", "a", "2.dcm"], BYTES);
    }
  }
  await server.seed.file(["P", "s", "e1", "NOTES", "n.txt"], BYTES, { resourceAt: 3 });
  return `xnat+http://admin:admin@127.0.0.1:${server.port}`;
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("did not fail"), (e: unknown) => e);
  assert(isVfsError(error), String(error));
  return error;
}

const LEVELS = [
  ["P/s", 9],
  ["P/s/e1", 5],
  ["P/s/e2/1", 2],
  ["P/s/e2/fl3d_1", 2],
  ["P/s/e2/*_2", 2],
  ["P/s/e2/1/DICOM", 2],
  ["P/s/e1/.resources", 1],
] as const;

Deno.test("readFile() of ?format=zip gives all files of a level as a zip", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  await using vfs = vfsOf();
  for (const [path, files] of LEVELS) {
    const zip = unzipSync(await vfs.readFile(`${origin}/${path}?format=zip`));
    const contents = Object.entries(zip).filter(([name]) => !name.endsWith("/"));
    assert.equal(contents.length, files, path);
    for (const [, bytes] of contents) assert.deepEqual(bytes, BYTES);
  }
});

Deno.test("one scan opens cold as a zip with three requests, by its description too", async () => {
  for (const scan of ["1", "fl3d_1"]) {
    await using server = await startXnatServer();
    const origin = await seed(server);
    server.requests.clear();
    await using vfs = vfsOf();
    await vfs.readFile(`${origin}/P/s/e1/${scan}?format=zip`);
    const asked = server.requests.entries;
    assert(asked.length <= 3, asked.map(({ path }) => path).join("\n"));
  }
});

Deno.test("readFile() of a zip that broke off fails as Incomplete, however it broke", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  for (const cut of [0, 100, 30_000, 80_000]) {
    await using vfs = vfsOf();
    server.faults.inject({ cut, route: /scans.1.files/ });
    const error = await failure(vfs.readFile(`${origin}/P/s/e1/1?format=zip`));
    assert.equal(error.kind, "Incomplete", `cut at ${cut}: ${error}`);
  }
  const cutQuietly = (url: string, init?: RequestInit) =>
    fetch(url, init).then(async (answer) => {
      if (!url.includes("format=zip")) return answer;
      const bytes = await answer.bytes();
      return new Response(bytes.subarray(0, bytes.length - 7), { headers: answer.headers });
    });
  await using vfs = createVfs({ layers: { retry: false } });
  const fetched = (url: string, init?: object) => cutQuietly(url, init);
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  const error = await failure(vfs.readFile(`${origin}/P/s/e1/1?format=zip`));
  assert.equal(error.kind, "Incomplete");
});

Deno.test("readFile() of a zip in which a file of the catalog is missing fails as Incomplete", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  const gone = ["P", "s", "e2", "2", "DICOM", "gone.dcm"];
  await server.seed.file(gone, BYTES, { missing: true });
  await using vfs = vfsOf();
  for (const path of ["P/s/e2/2", "P/s/e2", "P/s", "P/s/e2/2/DICOM"]) {
    const error = await failure(vfs.readFile(`${origin}/${path}?format=zip`));
    assert.equal(error.kind, "Incomplete", path);
    assert.match(error.message, /the zip has \d+ of \d+ files/);
  }
  assert((await vfs.readFile(`${origin}/P/s/e2/1?format=zip`)).length > 0);
});

Deno.test("readFile() of a zip that ends at a name that comes twice fails as Incomplete", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  const scan = ["P", "s", "e2", "2"];
  const id = server.seed.session(scan.slice(0, 3));
  const number = server.seed.resource(scan, "DICOM", { again: true });
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  const files = `${server.url}/data/experiments/${id}/scans/2/resources/${number}/files`;
  const twice = { method: "PUT", headers, body: BYTES };
  await (await fetch(`${files}/1.dcm?inbody=true&overwrite=true`, twice)).body?.cancel();
  await using vfs = vfsOf();
  const error = await failure(vfs.readFile(`${origin}/P/s/e2/2?format=zip`));
  assert.equal(error.kind, "Incomplete");
  assert.match(error.message, /the zip has 2 of 4 files/);
  const zip = unzipSync(await vfs.readFile(`${origin}/P/s/e2/2/${number}?format=zip`));
  // Both have one catalog.
  const names = Object.keys(zip).map((path) => path.split("/").at(-1));
  assert.deepEqual(names.toSorted(), ["1.dcm", "2.dcm"]);
  assert.deepEqual(zip[Object.keys(zip)[names.indexOf("1.dcm")]!], BYTES);
});

Deno.test("a zip of an assessor has the resources that are neither its inputs nor its outputs", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  const session = ["P", "s", "e1"];
  server.seed.assessor(session, "qc");
  const qc = [...session, ".assessors", "qc"];
  await server.seed.file([...qc, "OUT", "out.txt"], BYTES, { resourceAt: 5 });
  await server.seed.file([...qc, ".plain", "LOG", "log.txt"], BYTES, { resourceAt: 6 });
  await using vfs = vfsOf();
  const url = `${origin}/P/s/e1/.assessors/qc`;
  const zip = unzipSync(await vfs.readFile(`${url}?format=zip`));
  const names = Object.keys(zip).map((name) => name.slice(name.lastIndexOf("/") + 1));
  assert.deepEqual(names.sort(), ["log.txt", "out.txt"]);
  await using cold = vfsOf();
  assert.deepEqual(await cold.readFile(`${url}/LOG/log.txt`), BYTES);
  await using other = vfsOf();
  const files: string[] = [];
  for await (const [, , found] of other.walk(url)) files.push(...found.map(({ name }) => name));
  assert.deepEqual(files.sort(), ["log.txt", "out.txt"]);
  await server.seed.file([...qc, ".plain", "LOG", "gone.txt"], BYTES, {
    resourceAt: 6,
    missing: true,
  });
  await using late = vfsOf();
  const error = await failure(late.readFile(`${url}?format=zip`));
  assert.equal(error.kind, "Incomplete");
});

Deno.test("a zip that ended early with the list of all files fails as Incomplete", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  server.seed.resource(["P", "s", "e1", "1"], "EMPTY");
  // Both have the scan 1 alone.
  const cut = (url: string, init?: object) => {
    const isAll = url.includes("all=true") && url.includes("/files");
    return fetch(isAll ? url.replace(/[/]files/, "/scans/1/files") : url, init);
  };
  await using vfs = createVfs({ layers: { retry: false } });
  vfs.register(xnatTransport({ fetch: cut }), { override: true });
  for (const path of ["P/s/e1", "P/s"]) {
    const error = await failure(vfs.readFile(`${origin}/${path}?format=zip`));
    assert.equal(error.kind, "Incomplete", path);
    assert.match(error.message, /nothing of the resource "(DICOM|NOTES)"/);
  }
  server.requests.clear();
  await using sound = vfsOf();
  await sound.readFile(`${origin}/P/s/e2?format=zip`);
  // The sessions, the zip, its files and its resources.
  assert.equal(server.requests.count, 4);
});

Deno.test("a zip that nobody reads to its end leaves nothing behind", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  await using vfs = vfsOf();
  await using handle = await vfs.open(`${origin}/P/s/e1?format=zip`);
  for await (const chunk of handle.readable) {
    assert(chunk.length > 0);
    break;
  }
});

Deno.test("a zip that is not read to its end is closed with its handle", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  let isClosed = false;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(BYTES.slice()),
      cancel: () => void (isClosed = true),
    });
  const headers = { "content-type": "application/zip" };
  const fetched = async (url: string, init?: object) =>
    url.includes("format=zip") ? new Response(endless(), { headers }) : await fetch(url, init);
  await using vfs = createVfs({ layers: { retry: false } });
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  const handle = await vfs.open(`${origin}/P/s/e1?format=zip`);
  const reader = handle.readable.getReader();
  await reader.read();
  reader.releaseLock();
  await handle[Symbol.asyncDispose]();
  assert(isClosed);
});

Deno.test("a zip of what cannot be packed, a part of a zip and other queries are refused", async () => {
  await using server = await startXnatServer();
  const origin = await seed(server);
  await using vfs = vfsOf();
  const kind = async (promise: Promise<unknown>) => (await failure(promise)).kind;
  assert.equal(await kind(vfs.readFile(`${origin}/P?format=zip`)), "NotSupported");
  assert.equal(await kind(vfs.readFile(`${origin}/P/s/nope?format=zip`)), "NotFound");
  assert.equal(await kind(vfs.readFile(`${origin}/P/s/e1?format=tar`)), "NotSupported");
  const range = { start: 5, end: 9 };
  assert.equal(await kind(vfs.readFile(`${origin}/P/s/e1?format=zip`, { range })), "NotSupported");
});
