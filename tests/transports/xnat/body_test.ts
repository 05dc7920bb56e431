import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { prepare } from "../../../transports/xnat/body.ts";
import { type ChunkReader, collect, readerOfStream } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

const ASK = { op: "write", url: "xnat://h/P/S/E/1/R/a", signal: NEVER };

for (const size of [5_000_000, 40_000_000]) {
  Deno.test(`prepare() gives a body of ${size} bytes that ends after its last chunk, however late that is taken`, async () => {
    const all = seededBytes(1, size);
    const open = (): Promise<ChunkReader> => {
      let at = 0;
      return Promise.resolve({
        read(into) {
          const part = all.subarray(at, at + (into?.length ?? 65_536));
          at += part.length;
          if (part.length === 0) return Promise.resolve(undefined);
          into?.set(part);
          return Promise.resolve(into ? into.subarray(0, part.length) : part.slice());
        },
        close: () => Promise.resolve(),
      });
    };
    await using upload = await prepare({ size, replayable: true, open }, false, ASK);
    const reader = readerOfStream((upload.body() as Blob).stream());
    const late: ChunkReader = {
      async read() {
        // Meanwhile the stream reads ahead.
        await new Promise((resolve) => setTimeout(resolve, 1));
        return await reader.read();
      },
      close: (reason) => reader.close(reason),
    };
    assert.deepEqual(await collect(late), all);
    assert.equal(upload.md5(), createHash("md5").update(all).digest("hex"));
    assert.equal(upload.failure(), undefined);
  });
}
