import { type Bench, runProgram } from "./harness.ts";

/** What importing the door costs over importing nothing, from a warm module cache. */
export const imports: Bench = {
  name: "import",
  what: "starting Deno with mod.ts, and with an empty module (whole process)",
  goals: [],
  rounds: 21,
  async prepare() {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "export {};\n");
    const config = new URL("../deno.json", import.meta.url).pathname;
    const door = new URL("../mod.ts", import.meta.url).href;
    const start = (module: string) =>
      runProgram(Deno.execPath(), "run", "--no-prompt", "--config", config, module);
    const differences: number[] = [];
    let last = 0;
    return {
      subjects: [
        {
          name: "mod.ts",
          run: async () => {
            const begin = performance.now();
            await start(door);
            last = performance.now() - begin;
            return last;
          },
        },
        {
          name: "empty module",
          run: async () => {
            const begin = performance.now();
            await start(empty);
            const ms = performance.now() - begin;
            differences.push(last - ms);
            return ms;
          },
        },
      ],
      figures: () => {
        const sorted = differences.toSorted((a, b) => a - b);
        return Promise.resolve({
          "mod.ts over empty, ms (goal ≤ 30)": Math.round(sorted[sorted.length >> 1]! * 10) / 10,
        });
      },
      dispose: () => Deno.remove(folder, { recursive: true }),
    };
  },
};
