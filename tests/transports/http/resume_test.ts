import { strict as assert } from "node:assert";
import { seededBytes } from "../../../testing/random.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";

Deno.test("copy() to a disk is right where an answer broke off and the server knows no ranges", async () => {
  const content = seededBytes(1, 3_000_000);
  const headers = { etag: '"1"', "content-length": `${content.length}` };
  let answers = 0;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, onError: () => new Response() },
    ({ method }) => {
      if (method === "HEAD") return new Response(null, { headers });
      if (answers++ > 0) return new Response(content, { headers });
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (sent >= 1_000_000) {
            // What was sent is to arrive before the connection breaks.
            await new Promise((resolve) => setTimeout(resolve, 300));
            throw new Error("broken off");
          }
          controller.enqueue(content.slice(sent, sent += 100_000));
        },
      });
      return new Response(body, { headers });
    },
  );
  const folder = await Deno.makeTempDir({ prefix: "medvfs-http-" });
  try {
    await using vfs = createVfs({ layers: { random: () => 0 } });
    await vfs.copy(`http://127.0.0.1:${server.addr.port}/x.bin`, `${folder}/x.bin`);
    assert.equal(answers, 2);
    const stored = await Deno.readFile(`${folder}/x.bin`);
    assert(stored.every((byte, i) => byte === content[i]) && stored.length === content.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
