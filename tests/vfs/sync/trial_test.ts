import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import type { SyncOutcome } from "../../../vfs/sync/options.ts";
import { rejects } from "../_fakes.ts";

Deno.test("sync() into a project that is missing is refused once, and sends a file at most", async () => {
  await using server = await startXnatServer();
  await using vfs = createVfs();
  for (let i = 0; i < 100; i++) await vfs.writeFile(`memory:///a/${i}.txt`, `${i}`);
  const project = `xnat+http://admin:admin@127.0.0.1:${server.port}/NONE`;
  for (const importer of [false, true]) {
    const outcomes: SyncOutcome[] = [];
    const onOutcome = (outcome: SyncOutcome) => outcomes.push(outcome);
    const url = importer ? project : `${project}/s/e/1/FILES`;
    if (importer) await vfs.remove("memory:///a", { recursive: true });
    const { phantomStudy } = await import("../../../testing/phantom.ts");
    for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
      if (importer) await vfs.writeFile(["memory:///a", ...path].join("/"), bytes);
    }
    const before = server.requests.entries.length;
    const error = await rejects(vfs.sync("memory:///a", url, { importer, onOutcome }), "NotFound");
    assert.equal(error.url, url.replace("admin:admin@", ""));
    assert.deepEqual(outcomes, []);
    const spent = server.requests.entries.length - before;
    assert.ok(spent < 25, `${spent} requests`);
  }
});

Deno.test("sync() into a place that is missing and can be made does not take one failing file for all", async () => {
  await using vfs = createVfs();
  for (let i = 0; i < 20; i++) await vfs.writeFile(`memory:///a/${i}`, `${i}`);
  let fails = 3;
  const where = () => {
    if (fails-- > 0) throw new Error("cannot tell");
    return true;
  };
  const error = await vfs.sync("memory:///a", "memory:///b", { where }).catch((error) => error);
  assert.deepEqual([error.report.done, error.report.failed], [17, 3]);
});
