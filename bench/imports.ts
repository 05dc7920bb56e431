import { type Bench, runProgram } from "./harness.ts";

/** What importing the door and starting the command cost over importing nothing, from a warm module cache. */
export const imports: Bench = {
  name: "import",
  what:
    "starting Deno with mod.ts, with medvfs --version, and with an empty module (whole process)",
  goals: [],
  rounds: 21,
  async prepare() {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "export {};\n");
    const config = new URL("../deno.json", import.meta.url).pathname;
    const door = new URL("../mod.ts", import.meta.url).href;
    const command = new URL("../cli/main.ts", import.meta.url).href;
    const times = { door: [] as number[], command: [] as number[], empty: [] as number[] };
    const start = (taken: number[], ...module: string[]) => async () => {
      const begin = performance.now();
      await runProgram(Deno.execPath(), "run", "--no-prompt", "--config", config, ...module);
      const ms = performance.now() - begin;
      taken.push(ms);
      return ms;
    };
    const over = (taken: readonly number[]) => {
      const sorted = taken.map((ms, i) => ms - times.empty[i]!).sort((a, b) => a - b);
      return Math.round(sorted[sorted.length >> 1]! * 10) / 10;
    };
    return {
      subjects: [
        { name: "mod.ts", run: start(times.door, door) },
        { name: "medvfs --version", run: start(times.command, command, "--version") },
        { name: "empty module", run: start(times.empty, empty) },
      ],
      figures: () =>
        Promise.resolve({
          "mod.ts over empty, ms (goal ≤ 30)": over(times.door),
          "medvfs --version over empty, ms (goal ≤ 80)": over(times.command),
        }),
      dispose: () => Deno.remove(folder, { recursive: true }),
    };
  },
};
