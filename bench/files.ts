/** Files to copy, and places to copy them to. */

import { join } from "@std/path";
import { runProgram, type Subject } from "./harness.ts";

/** Makes `folders` folders below `top`, `1` and up, with `count` files of `size` bytes each `below` them. */
export async function makeFolders(
  top: string,
  folders: number,
  count: number,
  size: number,
  below = "",
): Promise<void> {
  const bytes = crypto.getRandomValues(new Uint8Array(65536));
  for (let f = 1; f <= folders; f++) {
    const folder = join(top, `${f}`, below);
    await Deno.mkdir(folder, { recursive: true });
    for (let i = 0; i < count; i++) {
      const content = new Uint8Array(size);
      content.set(bytes, (f * 131 + i * 257) % 65536);
      await Deno.writeFile(`${folder}/${i}.dcm`, content);
    }
  }
}

/** Makes a file of `size` bytes. */
export async function makeFile(path: string, size: number): Promise<void> {
  const block = crypto.getRandomValues(new Uint8Array(65536));
  const chunk = new Uint8Array(8 * 1024 * 1024);
  for (let at = 0; at < chunk.length; at += block.length) chunk.set(block, at);
  using file = await Deno.create(path);
  for (let done = 0; done < size;) {
    done += await file.write(chunk.subarray(0, Math.min(chunk.length, size - done)));
  }
}

/**
 * Gives a function that tells the milliseconds of a work, which gets a path below `top` where nothing is. What was
 * written before is on the disk by then. What is written stays, since ext4 looks long for a place for new files where
 * many were just removed.
 */
export function timerIn(top: string): (work: (to: string) => Promise<unknown>) => Promise<number> {
  let run = 0;
  return async (work) => {
    const to = `${top}/target${run++}`;
    await runProgram("sync");
    const start = performance.now();
    await work(to);
    return performance.now() - start;
  };
}

/** A way to copy a folder; `copy` gives how many files it says it has copied, where it says so. */
export interface Copier extends Pick<Subject, "name" | "missing"> {
  readonly copy: (from: string, to: string) => Promise<number | void>;
}

/** Makes a folder of `count` files of 128 KiB, and copiers into subjects that copy it to where nothing is. */
export async function copiesOf(count: number, copiers: readonly Copier[]) {
  const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
  const source = `${top}/source`;
  await makeFolders(source, 20, count / 20, 128 * 1024);
  const timed = timerIn(top);
  const subjects = copiers.map(({ copy, ...about }): Subject => ({
    ...about,
    run: () =>
      timed(async (to) => {
        const done = await copy(source, to) ?? count;
        if (done !== count) throw new Error(`Copied ${done} files`);
      }),
  }));
  return { subjects, dispose: () => Deno.remove(top, { recursive: true }) };
}

/** Copies by a program whose last arguments are from where and to where. */
export function copier(command: string, ...args: string[]): Copier["copy"] {
  return async (from, to) => void await runProgram(command, ...args, from, to);
}
