import { strict as assert } from "node:assert";
import { toFileUrl } from "@std/path";
import { seededRandom } from "../../../testing/random.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { vfsOf } from "../_fakes.ts";

/** Seeds. */
const ROUNDS = Number(Deno.env.get("MEDVFS_LISTS_RUNS") ?? 40);
const NAMES = ["a", "b", "c"];

/** Texts of all files of all places, by URL. */
async function allOf(vfs: Vfs, tops: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const top of tops) {
    if (!await vfs.exists(top)) continue;
    for await (const [, , files] of vfs.walk(top, { refresh: true })) {
      for (const { url } of files) found.set(url, await vfs.readTextFile(url));
    }
  }
  return found;
}

async function round(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]) => items[below(items.length)]!;
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const vfs = vfsOf([fileTransport(), memoryTransport(), zipTransport()]);
  await using _ = vfs;
  try {
    const tops = [
      "memory://m",
      toFileUrl(`${folder}/f`).href,
      `zip://${encodeURIComponent("memory://z/a.zip")}`,
      `zip://${encodeURIComponent(toFileUrl(`${folder}/b.zip`).href)}`,
    ];
    const path = () => Array.from({ length: 1 + below(3) }, () => pick(NAMES)).join("/");
    for (const top of tops) {
      await vfs.writeFile(`${top}/always`, `${top} always`);
      for (let i = below(6); i > 0; i--) {
        const url = `${top}/${path()}`;
        // A file may be where a folder would be.
        await vfs.writeFile(url, `first of ${url}`).catch((error) => assert(isVfsError(error)));
      }
    }
    const before = await allOf(vfs, tops);
    const operands = Array.from({ length: 1 + below(5) }, () => `${pick(tops)}/${path()}`);
    const op = pick(["remove", "copy", "move"] as const);
    const into = `${pick(tops)}/${pick(["", "a/", "new/", "b/c/"])}`;
    const existing = pick(["error", "skip", undefined] as const);
    const stop = new AbortController();
    let steps = pick([0, 1 + below(12)]);
    const outcomes: Outcome[] = [];
    const step = () => {
      if (--steps === 0) stop.abort();
    };
    const options = {
      signal: stop.signal,
      concurrency: pick([1, 2, 16]),
      onOutcome: (outcome: Outcome) => {
        outcomes.push(outcome);
        step();
      },
      onProgress: step,
    };
    const run = op === "remove"
      ? vfs.remove(operands, { ...options, recursive: random() < 0.7 })
      : vfs[op](operands, into, { ...options, existing });
    const end = await run.then(() => undefined, (error: unknown) => error);
    assert(
      end === undefined || end instanceof TransferFailed || isVfsError(end),
      Deno.inspect(end),
    );
    const after = await allOf(vfs, tops);
    const what = Deno.inspect(
      { seed, op, operands, into, existing, outcomes, before, after, end },
      {
        depth: 4,
        iterableLimit: 99,
      },
    );
    const isIn = (url: string, top: string) => url === top || url.startsWith(`${top}/`);
    const texts = new Set(after.values());
    for (const [url, text] of before) {
      if (op !== "remove") assert(texts.has(text), `lost ${url}: ${what}`);
      if (op === "copy") assert.equal(after.get(url), text, `changed ${url}: ${what}`);
      else if (!operands.some((top) => isIn(url, top))) {
        assert.equal(after.get(url), text, `took ${url}: ${what}`);
      }
    }
    for (const { from, to, result, error } of outcomes) {
      if (result === "failed") assert(error, what);
      if (result !== "done") continue;
      if (op === "remove") {
        assert(![...after.keys()].some((url) => isIn(url, from)), `still ${from}: ${what}`);
      } else if (before.has(from)) {
        assert([...texts].includes(before.get(from)!), `not at ${to}: ${what}`);
      }
    }
    if (end === undefined) assert(outcomes.every(({ result }) => result !== "failed"), what);
    if (op === "remove" && !stop.signal.aborted) {
      for (const operand of operands) {
        assert(outcomes.some(({ from }) => isIn(from, operand)), `untold ${operand}: ${what}`);
      }
    }
    // What is taken away was told.
    if (op !== "copy") {
      for (const url of before.keys()) {
        if (after.has(url)) continue;
        assert(outcomes.some(({ from }) => isIn(url, from)), `untold ${url}: ${what}`);
      }
    }
  } finally {
    await vfs[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("lists of places that are removed, copied or moved, and aborted anywhere: nothing is lost, and all is told", async () => {
  const only = Deno.env.get("MEDVFS_LISTS_SEED");
  if (only !== undefined) return await round(Number(only));
  for (let seed = 0; seed < ROUNDS; seed++) await round(seed);
});
