import { strict as assert } from "node:assert";
import { createVfs } from "../../mod.ts";
import { Problem } from "../../serving/problem.ts";
import { serveFile } from "../../serving/serve_file.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";

Deno.test("serveFile() gives no bytes of a file that was replaced since it was looked at", async () => {
  await using files = createVfs();
  const where = "memory:///a.txt";
  await files.writeFile(where, "old text");
  const info = await files.stat(where);
  await files.writeFile(where, "new text");
  const request = new Request("http://host/a.txt", { headers: { range: "bytes=4-" } });
  const served = (info: Parameters<typeof serveFile>[2]) =>
    serveFile({ request, files, signal: NEVER }, where, info, "a.txt");
  await assert.rejects(served(info), (error) => error instanceof Problem && error.status === 503);
  assert.equal(await (await served(await files.stat(where))).text(), "text");
});
