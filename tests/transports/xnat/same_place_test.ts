import { strict as assert } from "node:assert";
import { createVfs, type Vfs } from "../../../mod.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";

/** A session with a folder in a resource, all of it by labels and by ids, and what names them. */
async function seeded(
  work: (of: { vfs: Vfs; root: string; id: string; number: string }) => Promise<void>,
): Promise<void> {
  await using server = await startXnatServer();
  const id = server.seed.session(["P", "s", "e"], { xsiType: "xnat:mrSessionData" });
  server.seed.scan(["P", "s", "e", "1"], { fields: { type: "T1w", quality: "usable" } });
  const number = server.seed.resource(["P", "s", "e", "1"], "R");
  for (const path of ["sub/a.dcm", "sub/sub/a.dcm", "b.dcm"]) {
    const content = new TextEncoder().encode(path);
    await server.seed.file(["P", "s", "e", "1", "R", ...path.split("/")], content);
  }
  await using vfs = createVfs();
  const root = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  await work({ vfs, root, id, number: String(number) });
}

async function filesOf({ vfs, root }: { vfs: Vfs; root: string }): Promise<string[]> {
  const files = await Array.fromAsync(vfs.entries(`${root}/P`, { includeDirs: false }));
  return files.map(({ url }) => new URL(url).pathname);
}

Deno.test("sync() refuses places that are one or lie in each other by other names, and removes nothing", () =>
  seeded(async (of) => {
    const { vfs, root, id, number } = of;
    const before = await filesOf(of);
    const pairs = [
      [`P/s/${id}/1/R/sub`, "P/s/e/1/R"],
      [`P/s/e/1/${number}/sub`, "P/s/e/1/R"],
      ["P/s/e/T1w/R/sub", "P/s/e/1/R"],
      [".quality=usable/P/s/e/1/R/sub", "P/s/e/1/R"],
      ["P/s/e/1/R", "P/s/e/T1w/R/sub"],
      ["P/s/e/1/R", `P/s/e/1/${number}/new`],
      ["P/s/e/1/R/sub", `P/s/e/1/${number}/sub`],
      [`P/s/${id}/1`, "P/s/e"],
      ["P/s/e", `P/s/${id}/T1w`],
      [".quality=usable/P/s/e/1", "P/s/e"],
      [`P/s/${id}`, "P/s/e"],
    ];
    for (const [from, to] of pairs) {
      const syncing = vfs.sync(`${root}/${from}`, `${root}/${to}`, { delete: true });
      await assert.rejects(syncing, { kind: "InvalidArgument" }, `${from} -> ${to}`);
      assert.deepEqual(await filesOf(of), before);
    }
  }));

Deno.test("sync() refuses the resources of a subject that is shared into another project, and removes nothing", async () => {
  await using server = await startXnatServer();
  server.seed.session(["P", "s", "e"], { xsiType: "xnat:mrSessionData" });
  server.seed.session(["Q", "o", "e"], { xsiType: "xnat:mrSessionData" });
  const path = `127.0.0.1:${server.port}/data/projects/P/subjects/s/projects/Q`;
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  const shared = await fetch(`http://${path}`, { method: "PUT", headers });
  assert.equal(shared.status, 200, await shared.text());
  await using vfs = createVfs();
  const root = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  const file = `${root}/P/s/.resources/R/sub/a.dcm`;
  await vfs.writeFile(file, "a");
  for (
    const [from, to] of [
      ["P/s/.resources/R/sub", "Q/s/.resources"],
      ["P/s/.resources", "Q/s/.resources/R/sub"],
      ["P/s/.resources", "Q/s/.resources"],
    ]
  ) {
    const syncing = vfs.sync(`${root}/${from}`, `${root}/${to}`, { delete: true });
    await assert.rejects(syncing, { kind: "InvalidArgument" }, `${from} -> ${to}`);
    assert.equal(await vfs.readTextFile(file), "a");
  }
});

Deno.test("entries() of a session and of a view of it gives all of both", () =>
  seeded(async ({ vfs, root, id }) => {
    const places = [`${root}/.quality=usable/P/s/e`, `${root}/P/s/e`, `${root}/P/s/${id}`];
    const all = await Array.fromAsync(vfs.entries(places, { includeDirs: false }));
    assert.equal(all.length, 9);
  }));
