import { copy } from "../mod.ts";
import { makeFile } from "./files.ts";
import { type Bench, peakMemory, runProgram } from "./harness.ts";

const GIB = 1024 ** 3;

/** Copying one big file, and the memory that a file of 5 GiB takes. */
export const copyBig: Bench = {
  name: "copy-big",
  what: "one file of 2 GiB, folder to folder",
  goals: [{ of: "medvfs copy", to: "cp", atMost: 1.1 }],
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const source = `${top}/source.bin`;
    const sparse = `${top}/sparse.bin`;
    await makeFile(source, 2 * GIB);
    await Deno.create(sparse).then((file) => file.truncate(5 * GIB).finally(() => file.close()));
    const timed = async (work: (to: string) => Promise<unknown>) => {
      const to = `${top}/target.bin`;
      const start = performance.now();
      await work(to);
      const ms = performance.now() - start;
      await Deno.remove(to);
      return ms;
    };
    const script = new URL("./copy_peak.ts", import.meta.url);
    return {
      subjects: [
        { name: "medvfs copy", run: () => timed((to) => copy(source, to)) },
        { name: "cp", run: () => timed((to) => runProgram("cp", source, to)) },
      ],
      figures: async () => ({
        "5 GiB sparse file, peak MiB": await peakMemory(script, sparse, `${top}/sparse-copy.bin`),
        "5 GiB through memory, peak MiB": await peakMemory(script, sparse, "null:///sink.bin"),
      }),
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};
