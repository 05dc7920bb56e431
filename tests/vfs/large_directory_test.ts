import { strict as assert } from "node:assert";
import { branches } from "../../cli/branches.ts";
import { listImages } from "../../datastore/xnat/list_images.ts";
import { textTable } from "../../display/table.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { pairsOf } from "../../vfs/sync/pairs.ts";
import type { Transport } from "../../vfs/transport.ts";
import { at_, fake, memoryVfs } from "./_fakes.ts";

/** More than a call of a function takes arguments. */
const MANY = 160_000;

/** A root with so many empty directories. */
function wide(): Transport {
  const entries = Array.from({ length: MANY }, (_, i) => ({
    name: `d${i}`,
    kind: "directory" as const,
  }));
  return fake({
    stat: () => Promise.resolve({ kind: "directory" }),
    async *list({ segments }) {
      await Promise.resolve();
      if (segments.length === 0) yield entries;
    },
  });
}

Deno.test("pairsOf() compares directories with more in them than a call takes arguments", async () => {
  const place = { transport: wide(), location: at_("fake:///") };
  const keyOf = (name: string) => name;
  const options = { keyOf, onError: assert.fail, onCycle: assert.fail };
  const pairs = pairsOf(place, place, options);
  for (const path of [[], ["d0"], ["d1"]]) {
    const { value } = await pairs.next();
    assert.deepEqual(value?.path, path);
    assert.ok(value?.source && value?.target);
  }
  await pairs.return(undefined);
});

Deno.test("walk() of a directory with as much in it, and of one that lies in it, goes on into them", async () => {
  await using vfs = memoryVfs(wide());
  const roots: string[] = [];
  for await (const [root, dirs] of vfs.walk(["fake:///", "fake:///d7"])) {
    if (roots.push(root) === 2) break;
    assert.equal(dirs.length, MANY);
  }
  assert.deepEqual(roots, ["fake:///", "fake:///d0"]);
});

Deno.test("branches() draws a directory with as much in it", async () => {
  await using vfs = memoryVfs(wide());
  for await (const { prefix } of branches(vfs.walk("fake:///", { maxDepth: 1 }))) {
    assert.equal(prefix, "├── ");
    break;
  }
});

Deno.test("writeFile() appends to a file in memory that came in as many chunks", async () => {
  await using vfs = createVfs();
  let left = MANY;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(1));
      else controller.close();
    },
  });
  await vfs.writeFile("memory:///many", stream);
  await vfs.writeFile("memory:///many", "x", { mode: "append" });
  assert.equal((await vfs.stat("memory:///many")).size, MANY + 1);
});

Deno.test("listImages() keeps the scans of a session that has as many", async () => {
  const scans = Array.from({ length: MANY }, (_, i) => ({
    name: `${i}`,
    kind: "directory" as const,
    info: { kind: "directory" as const, attributes: { ID: `${i}`, modality: "CT" } },
  }));
  const page = (...names: string[]) => names.map((name) => ({ name, kind: "directory" as const }));
  await using vfs = memoryVfs(fake({
    stat: () => Promise.resolve({ kind: "directory" }),
    async *list({ segments }) {
      await Promise.resolve();
      yield [page("s"), page("e"), scans, []][segments.length - 1] ?? [];
    },
  }));
  const images = listImages(vfs, at_("fake:///"), "P", undefined, { onWarning: assert.fail });
  assert.equal((await images.next()).value?.scan, "0");
  await images.return(undefined);
});

Deno.test("textTable() puts as many rows in line", () => {
  const rows = Array.from({ length: MANY }, (_, i) => [`${i}`, "x"]);
  assert.ok(textTable(["name", "kind"], rows).endsWith("\n159999  x"));
});
