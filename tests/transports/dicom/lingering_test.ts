import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { serveDicomNode } from "../../../testing/dicom_node/mod.ts";

const CHILD = fromFileUrl(new URL("lingering_child.ts", import.meta.url));

Deno.test("a program ends although associations are kept for the next operation", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  const url = `dicom://127.0.0.1:${node.port}/NODE`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", `--allow-net=127.0.0.1:${node.port}`, CHILD, url],
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const listed = performance.now();
  assert.match(new TextDecoder().decode(value), /P%2F1/);
  assert.equal((await child.status).code, 0);
  // An association is kept for 20 s.
  assert(performance.now() - listed < 15_000);
  await reader.cancel();
});
