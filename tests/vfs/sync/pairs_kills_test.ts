import { fromFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { contentOf, fill, makePlace, PAIRS, type Place, study, temporaries } from "./_places.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { SyncOptions } from "../../../vfs/sync/options.ts";

/** How often a sync is killed, at a random moment, over all pairs in turn. */
const KILLS = Number(Deno.env.get("MEDVFS_SYNC_KILLS") ?? 2);
const CHILD = fromFileUrl(new URL("sync_child.ts", import.meta.url));

/** What is in the memory of a process dies with it. */
const LASTING = PAIRS.filter(([, to]) => to !== "memory");

Deno.test(
  `sync() killed at a random moment, ${KILLS} times over all pairs, goes on to the same trees`,
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    // A run of its own begins with other pairs.
    const first = Math.floor(Math.random() * LASTING.length);
    let cut = 0;
    for (let i = 0; i < KILLS; i++) {
      const [from, to] = LASTING[(first + i * 7) % LASTING.length]!;
      const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
      try {
        await using vfs = createVfs();
        await using source = await makePlace(from, folder, "a");
        await fill(vfs, source, await study());
        if (await killed({ source, folder, to })) cut++;
      } catch (cause) {
        throw new Error(`kill ${i}, ${from}: to ${to}:`, { cause });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
    console.log(`${cut} of ${KILLS} runs were cut in the middle`);
  },
);

Deno.test(
  `sync() with an importer killed at a random moment, ${
    Math.ceil(KILLS / 4)
  } times, goes on to the same instances`,
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    for (let i = 0; i < KILLS / 4; i++) {
      const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
      try {
        await using source = await makePlace("file", folder, "a");
        await using target = await makePlace("xnat", folder, "b");
        const url = target.url.replace(/\/sub1\/.*/, "");
        {
          await using vfs = createVfs();
          await fill(vfs, source, await study(["CT"]));
        }
        const run = (afterMs?: number) =>
          runChild(source.url, url, { importer: true, journal: `${folder}/j` }, folder, afterMs);
        await run(Math.random() * 1000);
        const { report, text } = await run();
        assert.equal(report?.failed, 0, text);
        await using vfs = createVfs();
        const wanted = await contentOf(vfs, source, true);
        assert.deepEqual(await contentOf(vfs, { ...target, url }, true), wanted);
        const files = await Array.fromAsync(vfs.entries(url));
        assert.equal(files.filter(({ isFile }) => isFile).length, 18);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
  },
);

interface Setting {
  readonly source: Place;
  readonly folder: string;
  readonly to: typeof PAIRS[number][1];
}

/** Kills one run and runs again; gives whether it was in the middle. */
async function killed({ source, folder, to }: Setting): Promise<boolean> {
  const scratch = `${folder}/scratch`;
  await Deno.mkdir(scratch);
  const isFiled = [source.scheme, to].includes("dicom");
  const look = async (place: Place) => {
    // Others remember what they listed.
    await using vfs = createVfs();
    if (place.scheme === "memory") await fill(vfs, place, await study());
    return await contentOf(vfs, place, isFiled);
  };
  const wanted = await look(source);
  const run = (target: Place, journal: string, afterMs?: number) =>
    runChild(
      source.url,
      target.url,
      { journal: `${folder}/${journal}.jsonl` },
      scratch,
      afterMs,
    );

  await using whole = await makePlace(to, folder, "whole");
  const undisturbed = await run(whole, "whole");
  assert.equal(undisturbed.report?.done, Object.keys(wanted).length, undisturbed.text);

  await using target = await makePlace(to, folder, "b");
  await run(target, "b", Math.random() * undisturbed.elapsedMs);
  const before = await look(target);
  for (const [key, digest] of Object.entries(before)) assert.equal(digest, wanted[key], key);

  const { report, text } = await run(target, "b");
  assert.equal(report?.failed, 0, text);
  assert.deepEqual(await look(target), wanted);
  assert.deepEqual(await temporaries(folder), []);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(scratch)), []);
  const again = await run(target, "b");
  assert.deepEqual(again.report, { done: 0, kept: Object.keys(wanted).length, failed: 0 });
  const count = Object.keys(before).length;
  return count > 0 && count < Object.keys(wanted).length;
}

interface Run {
  /** From the moment at which it began to sync. */
  readonly elapsedMs: number;
  /** Absent when it was killed, or failed. */
  readonly report?: { readonly done: number; readonly kept: number; readonly failed: number };
  readonly text: string;
}

async function runChild(
  from: string,
  to: string,
  options: SyncOptions,
  scratch: string,
  afterMs?: number,
): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-prompt",
      "--quiet",
      CHILD,
      JSON.stringify({ from, to, options }),
    ],
    env: { TMPDIR: scratch, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let start = 0;
  let text = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (start !== 0 || !text.includes("begun")) continue;
    start = performance.now();
    if (afterMs !== undefined) timer = setTimeout(() => kill(child), afterMs);
  }
  await child.status;
  clearTimeout(timer);
  const line = text.split("\n")[1] ?? "";
  const report = line.startsWith('{"done"') ? JSON.parse(line) : undefined;
  return { elapsedMs: performance.now() - start, report, text };
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It ended before.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
