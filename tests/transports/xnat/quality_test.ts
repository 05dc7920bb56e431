import { strict as assert } from "node:assert";
import { unzipSync } from "fflate";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const QUALITIES = { 1: "usable", 2: "unusable", 3: "questionable", 4: "" };

async function seeded(): Promise<{ server: XnatServer; origin: string; vfs: Vfs }> {
  const server = await startXnatServer();
  for (const session of ["e1", "e2"]) {
    for (const [scan, quality] of Object.entries(QUALITIES)) {
      const path = ["P", "s", session, scan];
      server.seed.scan(path, { fields: { quality, type: `T${scan}` } });
      await server.seed.file([...path, "DICOM", "1.dcm"], new TextEncoder().encode(scan));
    }
  }
  await server.seed.file(["P", "s", "e1", "NOTES", "n.txt"], new Uint8Array(1), { resourceAt: 3 });
  const vfs = createVfs({ layers: { retry: false } });
  return { server, vfs, origin: `xnat+http://admin:admin@127.0.0.1:${server.port}` };
}

async function files(vfs: Vfs, url: string, maxDepth?: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { location, isFile } of vfs.entries(url, { maxDepth })) {
    if (isFile) found.push(location.segments.slice(1).join("/"));
  }
  return found;
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => assert.fail("did not fail"), (error: unknown) => error);
  assert(isVfsError(error), String(error));
  return error.kind;
}

const USABLE = [
  "P/s/e1/.resources/NOTES/n.txt",
  "P/s/e1/1/DICOM/1.dcm",
  "P/s/e2/1/DICOM/1.dcm",
];

Deno.test("the view of a quality shows the same scans by tree, by lists, to a copy and in a zip", async () => {
  const { server, vfs, origin } = await seeded();
  await using _ = server;
  await using __ = vfs;
  const view = `${origin}/.quality=usable`;
  assert.deepEqual(await files(vfs, `${view}/P`), USABLE);
  assert.deepEqual(await files(vfs, `${view}/P`, 20), USABLE);
  assert.deepEqual(await files(vfs, `${view}/P/s/e2`), USABLE.slice(2));
  await vfs.copy(`${view}/P/s`, "memory:///s");
  const copied: string[] = [];
  for await (const entry of vfs.entries("memory:///s")) if (entry.isFile) copied.push(entry.url);
  assert.equal(copied.length, USABLE.length);
  const zip = unzipSync(await vfs.readFile(`${view}/P/s/e2?format=zip`));
  assert.deepEqual(Object.values(zip).map((bytes) => new TextDecoder().decode(bytes)), ["1"]);
});

Deno.test("the view of several qualities has the scans of each, and entries tell theirs", async () => {
  const { server, vfs, origin } = await seeded();
  await using _ = server;
  await using __ = vfs;
  const at = `${origin}/.quality=Usable,questionable/P/s/e2`;
  const scans = await Array.fromAsync(vfs.readDir(at));
  const told = scans.map(({ name, info }) => `${name} ${info?.attributes?.quality}`);
  assert.deepEqual(told.sort(), ["1 usable", "3 questionable"]);
  assert.match(await vfs.info(at), /, 2 scans$/);
  const zip = unzipSync(await vfs.readFile(`${at}?format=zip`));
  assert.equal(Object.keys(zip).length, 2);
});

Deno.test("in the view of a quality a scan of another is NotFound, however it is named", async () => {
  const { server, origin } = await seeded();
  await using _ = server;
  for (const path of ["2/DICOM/1.dcm", "2", "T2/DICOM/1.dcm", "2/1.dcm"]) {
    await using vfs = createVfs({ layers: { retry: false } });
    const at = `${origin}/.quality=usable/P/s/e1/${path}`;
    assert.equal(await kindOf(vfs.stat(at)), "NotFound", path);
    assert.equal(await vfs.exists(`${origin}/P/s/e1/${path}`), true);
  }
  await using vfs = createVfs();
  const zip = vfs.readFile(`${origin}/.quality=usable/P/s/e1/2?format=zip`);
  assert.equal(await kindOf(zip), "NotFound");
});

Deno.test("what the view of a quality cannot do is refused by name", async () => {
  const { server, vfs, origin } = await seeded();
  await using _ = server;
  await using __ = vfs;
  const view = `${origin}/.quality=usable`;
  // A session with resources of its own cannot be packed without its other scans.
  assert.equal(await kindOf(vfs.readFile(`${view}/P/s/e1?format=zip`)), "NotSupported");
  assert.equal(await kindOf(vfs.readFile(`${view}/P/s?format=zip`)), "NotSupported");
  assert.equal(await kindOf(vfs.writeFile(`${view}/P/s/e1/1/R/f`, "x")), "NotSupported");
  assert.equal(await kindOf(vfs.remove(`${view}/P/s/e1/1`, { recursive: true })), "NotSupported");
  assert.equal(await kindOf(vfs.stat(`${origin}/.quality=/P`)), "InvalidUrl");
  assert.equal(await kindOf(vfs.readDir(`${origin}/P?quality=usable`).next()), "NotSupported");
});
