import { copy } from "../mod.ts";
import { makeFolders, timerIn } from "./files.ts";
import { type Bench, runProgram } from "./harness.ts";

const FILES = 2000;

/** Copying a folder of many small files. */
export const copyMany: Bench = {
  name: "copy-many",
  what: "2,000 files of 128 KiB, folder to folder",
  goals: [{ of: "medvfs copy", to: "cp -r", atMost: 1.5 }],
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const source = `${top}/source`;
    await makeFolders(source, 20, FILES / 20, 128 * 1024);
    const timed = timerIn(top);
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
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};
