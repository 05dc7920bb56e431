import { strict as assert } from "node:assert";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";

const FILES = 100;
const SCANS = 10;
const SESSIONS = 100;

Deno.test("walk() of 100,000 files holds no more at its end than at its middle", async () => {
  await using server = await startXnatServer();
  const bytes = new Uint8Array(8);
  for (let session = 0; session < SESSIONS; session++) {
    for (let scan = 1; scan <= SCANS; scan++) {
      const path = ["BIG", `s${session}`, `s${session}_mr`, String(scan), "DICOM"];
      for (let n = 0; n < FILES; n++) await server.seed.file([...path, `${n}.dcm`], bytes);
    }
  }
  const script = new URL("./tree_memory.ts", import.meta.url).href;
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/BIG`;
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", "--v8-flags=--expose-gc", script, url],
  }).output();
  assert(success);
  const { files, heaps } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(files, SESSIONS * SCANS * FILES);
  // What is remembered for those who read what they see has reached its bound by then.
  const [middle, end] = [heaps[3], heaps.at(-1)];
  assert(end - middle < 2_000_000, `${heaps}`);
});
