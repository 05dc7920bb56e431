import { strict as assert } from "node:assert";
import { VfsError } from "../../vfs/errors.ts";
import type { Transport } from "../../vfs/transport.ts";
import { driverOf, fake, vfsOf } from "./_fakes.ts";

const FILE = { kind: "file" } as const;

/** A folder whose listing never ends, in pages of a hundred; how many were read, and what was asked for alone. */
function endless(): { transport: Transport; pages: () => number; alone: string[] } {
  let pages = 0;
  const alone: string[] = [];
  const transport = fake({
    stat: (at) => {
      alone.push(at.name);
      if (/^[0-9]+$/.test(at.name)) return Promise.resolve(FILE);
      return Promise.reject(new VfsError("NotFound", { op: "stat", url: at.href }));
    },
    async *list() {
      for (let n = 0;; n += 100) {
        await Promise.resolve();
        pages++;
        yield Array.from(
          { length: 100 },
          (_, i) => ({ name: `${n + i}`, kind: "file", info: FILE }),
        );
      }
    },
  }, { getMany: Infinity });
  return { transport, pages: () => pages, alone };
}

Deno.test("statEach() reads no more of a listing than it looks for", async () => {
  const { transport, pages, alone } = endless();
  await using vfs = vfsOf([driverOf(transport)]);
  const seen = await vfs.statEach([3, 1, 4, 15, 92].map((n) => `fake://h/${n}`));
  assert.ok(seen.every(({ status }) => status === "fulfilled"));
  assert.deepEqual([pages(), alone], [1, []]);
});

Deno.test("statEach() and copy() give up a listing that is far longer than what is looked for", async () => {
  const { transport, pages, alone } = endless();
  await using vfs = vfsOf([driverOf(transport)]);
  const where = ["3", "1", "4", "none", "100000"].map((name) => `fake://h/${name}`);
  const seen = await vfs.statEach(where);
  const states = seen.map(({ status }) => status);
  const [found, none] = ["fulfilled", "rejected"];
  assert.deepEqual(states, [found, found, found, none, found]);
  assert.deepEqual([pages(), alone.toSorted()], [1, ["100000", "none"]]);
  await assert.rejects(vfs.copy(where, "fake://h/to"), /none/);
  assert.equal(pages(), 2);
});
