import { strict as assert } from "node:assert";
import { createVfs } from "../../vfs/create_vfs.ts";
import { wideDriver } from "./wide_driver.ts";
import { at, Visit } from "./kit.ts";

Deno.test("without write every change is refused, and the page is told that nothing can be done", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" });
  const changes = [
    visit.change("PUT", "upload?path=b.txt", "b"),
    visit.change("POST", "folder?path=sub"),
    visit.change("POST", "rename?path=a.txt&to=b.txt"),
    visit.change("DELETE", "entry?path=a.txt"),
  ];
  for (const answer of changes) assert.equal(await visit.status(answer), 403);
  const names: string[] = [];
  for await (const { name } of visit.vfs.readDir("memory:///top")) names.push(name);
  assert.deepEqual(names, ["a.txt"]);
  const { can } = await (await visit.ask("root")).json();
  assert.deepEqual(Object.values(can), [false, false, false, false, false]);
});

Deno.test("with write one uploads, makes folders, renames and deletes, below the root alone", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, { write: true });
  const { vfs } = visit;
  const status = (method: string, route: string, body?: string) =>
    visit.status(visit.change(method, route, body));
  assert.equal(await status("PUT", "upload?path=sub/b.txt", "b"), 201);
  // Of no other kind than bytes have elsewhere.
  assert.deepEqual(await vfs.readFile("memory:///top/sub/b.txt"), new TextEncoder().encode("b"));
  assert.equal(await status("PUT", "upload?path=sub/b.txt", "other"), 409);
  assert.equal(await vfs.readTextFile("memory:///top/sub/b.txt"), "b");
  assert.equal(await status("PUT", "upload?path=sub/b.txt&replace=1", "other"), 201);
  assert.equal(await vfs.readTextFile("memory:///top/sub/b.txt"), "other");
  assert.equal(await status("PUT", "upload?path=empty.txt"), 201);
  assert.equal(await status("POST", `folder?${at("ä/ö")}`), 204);
  assert.equal((await vfs.stat("memory:///top/%C3%A4%2F%C3%B6")).kind, "directory");
  assert.equal(await status("POST", "rename?path=a.txt&to=c.txt"), 204);
  assert.equal(await status("POST", "rename?path=c.txt&to=empty.txt"), 409);
  assert.equal(await status("DELETE", "entry?path=sub"), 204);
  assert.equal(await vfs.exists("memory:///top/sub"), false);
  for (const path of ["", "..", "../other.txt", "%2e%2e"]) {
    const encoded = encodeURIComponent(path);
    for (const change of [`DELETE entry?path=${encoded}`, `POST rename?path=c.txt&to=${encoded}`]) {
      const [method = "", route = ""] = change.split(" ");
      assert.ok([403, 422].includes(await status(method, route)), change);
    }
  }
  assert.equal(await vfs.readTextFile("memory:///top/c.txt"), "a");
});

Deno.test("an upload that is too long stores nothing, whether it says its length or not", async () => {
  await using visit = await Visit.begin({}, {
    write: true,
    limits: { uploadBytes: 1000 },
    vfs: await withTop(),
  });
  const long = "x".repeat(1001);
  assert.equal(await visit.status(visit.change("PUT", "upload?path=a", long)), 413);
  const stream = new Blob([long]).stream();
  assert.equal(await visit.status(visit.change("PUT", "upload?path=b", stream)), 413);
  assert.equal(await visit.status(visit.change("PUT", "upload?path=c", "x".repeat(1000))), 201);
  assert.equal(await visit.vfs.exists("memory:///top/a"), false);
  assert.equal(await visit.vfs.exists("memory:///top/b"), false);
});

Deno.test("a ZIP can be changed, and what of it matches a pattern cannot", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("zip://memory%3A%2F%2F%2Fa.zip/sub/a.txt", "a");
  for (const [query, can] of [["", true], ["?*.txt", false]] as const) {
    const where = `zip://memory%3A%2F%2F%2Fa.zip/sub${query}`;
    await using visit = await Visit.begin({}, { vfs, where, write: true });
    assert.equal((await (await visit.ask("root")).json()).can.upload, can);
  }
});

Deno.test("where the driver cannot change, write changes nothing about that", async () => {
  await using vfs = createVfs();
  vfs.register(wideDriver(1).driver);
  await using visit = await Visit.begin({}, { vfs, where: "wide://host/", write: true });
  const { can } = await (await visit.ask("root")).json();
  assert.deepEqual(Object.values(can), [false, false, false, false, false]);
  for (
    const change of [
      "DELETE entry?path=file-0",
      "PUT upload?path=a&replace=1",
      "POST folder?path=a",
    ]
  ) {
    const [method = "", route = ""] = change.split(" ");
    const answer = await visit.change(method, route);
    assert.deepEqual([answer.status, (await answer.json()).error.kind], [501, "NotSupported"]);
  }
});

async function withTop() {
  const vfs = createVfs();
  await vfs.mkdir("memory:///top");
  return vfs;
}
