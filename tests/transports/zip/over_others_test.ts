import { strict as assert } from "node:assert";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../mod.ts";
import { manualClock } from "../../../testing/mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { zipOf } from "./_build.ts";

const SCAN = ["P", "S", "E", "1"];

Deno.test("a zip on an XNAT opens by ranges, a member at six requests, and can be written", async () => {
  const member = seededBytes(3, 300_000);
  const bytes = zipOf({ "big": seededBytes(4, 5_000_000), member, "d/small": "small" });
  await using server = await startXnatServer();
  server.seed.scan(SCAN);
  await server.seed.file([...SCAN, "SNAPSHOTS", "study.zip"], bytes);
  await using vfs = createVfs();
  const file = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/S/E/1/SNAPSHOTS/study.zip`;
  const url = `zip://${encodeURIComponent(file)}`;
  const before = server.requests.count;
  assert.deepEqual(await vfs.readFile(`${url}/member`), member);
  const cold = server.requests.count - before;
  assert(cold <= 6, `${cold} requests`);
  assert.equal(await vfs.readTextFile(`${url}/d/small`), "small");
  const names = await Array.fromAsync(vfs.entries(file, { includeDirs: false }));
  assert.deepEqual(names.map(({ name }) => name), ["big", "member", "small"]);
  const matched = await Array.fromAsync(vfs.entries(`${file}?d/*`, { includeDirs: false }));
  assert.deepEqual(matched.map(({ name }) => name), ["small"]);
  await vfs.writeFile(`${url}/d/new`, "new");
  await vfs.remove(`${url}/big`);
  assert.deepEqual(
    (await Array.fromAsync(vfs.entries(file, { includeDirs: false }))).map(({ name }) => name),
    ["member", "new", "small"],
  );
});

Deno.test("a member of a zip that has been on an XNAT for a while costs four requests", async () => {
  const clock = manualClock();
  const bytes = zipOf({ big: seededBytes(4, 1_000_000), "d/small": "small" });
  await using server = await startXnatServer({ clock });
  server.seed.scan(SCAN);
  await server.seed.file([...SCAN, "SNAPSHOTS", "study.zip"], bytes);
  await clock.advance(10_000);
  await using vfs = createVfs();
  const file = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/S/E/1/SNAPSHOTS/study.zip`;
  const before = server.requests.count;
  assert.equal(await vfs.readTextFile(`zip://${encodeURIComponent(file)}/d/small`), "small");
  // The login comes with the list of sessions; then the list of files, the directory, the member.
  assert.equal(server.requests.count - before, 4);
});

Deno.test("a zip in a zip opens, and is written where the zip around it can be", async () => {
  await using vfs = createVfs();
  const inner = zipOf({ "x": "deep" });
  await vfs.writeFile("memory:///outer.zip", zipOf({ "in/a.zip": inner }, { deflated: true }));
  const found = await Array.fromAsync(
    vfs.entries("zip://memory%3A%2F%2F%2Fouter.zip/in/a.zip", { includeDirs: false }),
  );
  assert.equal(await vfs.readTextFile(found[0]!.url), "deep");
  const place = new URL(".", found[0]!.url).href;
  await vfs.writeFile(`${place}new`, "new");
  assert.equal(await vfs.readTextFile(`${place}new`), "new");
  assert.equal(await vfs.readTextFile(found[0]!.url), "deep");
});
