import { strict as assert } from "node:assert";
import { faults } from "../../testing/faults.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { seededBytes } from "../../testing/random.ts";
import { memoryTransport } from "../../transports/memory/mod.ts";
import type { Transport } from "../../vfs/transport.ts";
import { vfsOf, wrappedMemory } from "./_fakes.ts";

/** `calm:` and `fake:` see the same store; only `fake:` is in the storm. */
function stormy(seed: number) {
  const clock = manualClock({ auto: true });
  let isStormy = false;
  const storm = faults({ seed, rate: 0.4, clock, maxBytes: 60_000 });
  const wrap = (inner: Transport): Transport => {
    const wild = storm(inner);
    return new Proxy(inner, {
      get: (_, name) => Reflect.get(isStormy ? wild : inner, name),
    });
  };
  const forwarding = (inner: Transport): Transport => {
    const either = wrap(inner);
    return {
      capabilities: inner.capabilities,
      stat: (at, o) => either.stat(at, o),
      list: (at, o) => either.list(at, o),
      get: (at, o) => either.get(at, o),
      put: (at, source, o) => either.put!(at, source, o),
      remove: (at, o) => either.remove!(at, o),
      mkdir: (at, o) => either.mkdir!(at, o),
      rename: (from, to, o) => either.rename!(from, to, o),
      copy: (from, to, o) => either.copy!(from, to, o),
      tree: (at, o) => either.tree!(at, o),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
  };
  const vfs = vfsOf([wrappedMemory(forwarding), memoryTransport()], {
    layers: { clock, timeout: false, retry: { attempts: 12 } },
  });
  return { vfs, storm, begin: () => isStormy = true, end: () => isStormy = false };
}

for (let seed = 1; seed <= 6; seed++) {
  Deno.test(`promises 1 to 3: walking and copying through faults of seed ${seed} is complete and identical`, async () => {
    const { vfs, storm, begin, end } = stormy(seed);
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (let i = 0; i < 40; i++) {
      const content = seededBytes(seed * 1000 + i, (i * 2711) % 90_000);
      files.set(`d${i % 5}/e${i % 3}/f${i}`, content);
      const half = Math.floor(content.length / 2);
      const chunks = [content.slice(0, half), content.slice(half)];
      await vfs.writeFile(`fake:///from/d${i % 5}/e${i % 3}/f${i}`, new Blob(chunks).stream());
    }
    begin();
    const walked = (await Array.fromAsync(vfs.entries("fake:///from"))).filter((e) => e.isFile);
    assert.equal(walked.length, 40);
    const legs = [
      ["copy", "fake:///from", "memory:///to"],
      ["copy", "memory:///to", "fake:///back"],
      ["sync", "memory:///to", "fake:///mirror"],
    ] as const;
    for (const [op, from, to] of legs) {
      const report = op === "copy"
        ? await vfs.copy(from, to, { existing: "replace" })
        : await vfs.sync(from, to);
      assert.deepEqual([report.done, report.failed, report.skipped], [40, 0, 0]);
      assert.equal(report.bytes, [...files.values()].reduce((sum, { length }) => sum + length, 0));
    }
    const share = (kind: string) => storm.log.filter(({ op }) => op === kind).length;
    assert(
      share("get") > 8 && share("put") > 8,
      `${share("get")} of reading, ${share("put")} of writing`,
    );
    assert(storm.log.some(({ op, kind }) => op === "put" && kind === "lost-response"));
    end();
    for (const [path, content] of files) {
      for (const [, , to] of legs) {
        assert.deepEqual(await vfs.readFile(`${to}/${path}`), content);
      }
    }
    await vfs.close();
  });
}
