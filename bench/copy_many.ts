import { copy } from "../mod.ts";
import { type Bench, runProgram } from "./harness.ts";

const FILES = 2000;
const SIZE = 128 * 1024;

/** Copying a folder of many small files. */
export const copyMany: Bench = {
  name: "copy-many",
  what: "2,000 files of 128 KiB, folder to folder",
  goals: [],
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const source = `${top}/source`;
    const bytes = crypto.getRandomValues(new Uint8Array(65536));
    for (let s = 0; s < 20; s++) {
      await Deno.mkdir(`${source}/${s}`, { recursive: true });
      for (let i = 0; i < FILES / 20; i++) {
        const content = new Uint8Array(SIZE);
        content.set(bytes, (s * 131 + i * 257) % 65536);
        await Deno.writeFile(`${source}/${s}/${i}.dcm`, content);
      }
    }
    let run = 0;
    const target = () => `${top}/target${run++}`;
    const clean = (path: string) => Deno.remove(path, { recursive: true });
    const timed = async (work: (to: string) => Promise<unknown>) => {
      const to = target();
      const start = performance.now();
      await work(to);
      const ms = performance.now() - start;
      await clean(to);
      return ms;
    };
    return {
      subjects: [
        {
          name: "medvfs copy",
          run: () =>
            timed(async (to) => {
              const { done } = await copy(source, to);
              if (done !== FILES) throw new Error(`Copied ${done} files`);
            }),
        },
        { name: "cp -r", run: () => timed((to) => runProgram("cp", "-r", source, to)) },
      ],
      dispose: () => clean(top),
    };
  },
};
