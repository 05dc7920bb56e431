import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";

const FROM = "memory://from/t";
const TO = "fake://to/t";
const NAMES = Array.from({ length: 40 }, (_, i) => `f${i}`);
const CONTENTS = Object.fromEntries(NAMES.map((name) => [name, `of ${name}`]));

/** What is at `fake:` is removed one by one. */
async function planted(): Promise<Vfs> {
  const singly = (inner: Transport) =>
    override(inner, { capabilities: { ...inner.capabilities, removeTree: false } });
  const vfs = vfsOf([memoryTransport(), wrappedMemory(singly)]);
  await plant(vfs, FROM, CONTENTS);
  return vfs;
}

async function namesAt(vfs: Vfs, url: string): Promise<string[]> {
  if (!await vfs.exists(url)) return [];
  return (await Array.fromAsync(vfs.readDir(url))).map(({ name }) => name).sort();
}

for (const op of ["copy", "move", "sync", "remove"] as const) {
  for (const callback of ["onOutcome", "onProgress"] as const) {
    Deno.test(`${op}() whose ${callback} throws is aborted, fails with that, and tells each file once`, async () => {
      await using vfs = await planted();
      const told: Outcome[] = [];
      const broken = new TypeError("of the caller");
      const options = {
        onOutcome(outcome: Outcome) {
          told.push(outcome);
          if (callback === "onOutcome") throw broken;
        },
        ...(callback === "onProgress" && {
          onProgress() {
            throw broken;
          },
        }),
        recursive: true,
      };
      if (op === "remove") await plant(vfs, TO, CONTENTS);
      const run = op === "remove" ? vfs.remove(TO, options) : vfs[op](FROM, TO, options);
      await assert.rejects(run, (error) => error === broken);
      assert.equal(new Set(told.map(({ from }) => from)).size, told.length);
      assert(told.length < NAMES.length, "it went on to the end");
      const done = told.filter(({ result }) => result === "done");
      const names = done.map(({ from }) => from.slice(from.lastIndexOf("/") + 1)).sort();
      const others = NAMES.filter((name) => !names.includes(name)).sort();
      assert.deepEqual(await namesAt(vfs, TO), op === "remove" ? others : names);
      assert.deepEqual(await namesAt(vfs, FROM), op === "move" ? others : NAMES.toSorted());
    });
  }
}

Deno.test("copy() of several whose onOutcome throws leaves the others alone", async () => {
  await using vfs = await planted();
  await plant(vfs, "memory://from/u", CONTENTS);
  const broken = new Error("of the caller");
  const onOutcome = () => {
    throw broken;
  };
  const run = vfs.copy([FROM, "memory://from/u"], "fake://to", { onOutcome });
  await assert.rejects(run, (error) => error === broken);
  assert.deepEqual(await namesAt(vfs, "fake://to/u"), []);
});

Deno.test("sync() and check() whose onKept throws fail with that", async () => {
  await using vfs = await planted();
  await vfs.sync(FROM, TO);
  for (const op of ["sync", "check"] as const) {
    const broken = new Error("of the caller");
    const kept: string[] = [];
    const onKept = ({ from }: Outcome) => {
      kept.push(from);
      throw broken;
    };
    await assert.rejects(vfs[op](FROM, TO, { onKept }), (error) => error === broken);
    assert.equal(new Set(kept).size, kept.length);
  }
});

Deno.test("copy() that is aborted by its caller fails with that, whatever its callbacks do", async () => {
  await using vfs = await planted();
  const abort = new AbortController();
  const onOutcome = () => abort.abort();
  await rejects(vfs.copy(FROM, TO, { onOutcome, signal: abort.signal }), "Aborted");
});
