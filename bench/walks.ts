import { walk as stdWalk } from "@std/fs";
import { walk } from "../mod.ts";
import { type Bench, PYTHON, runProgram, whyMissing } from "./harness.ts";

const BRANCHES = 10;
const LEAVES = 100;
const FILES = 40;

const OS_WALK = `
import os, sys, time
start = time.perf_counter()
count = sum(len(files) for _, _, files in os.walk(sys.argv[1]))
print((time.perf_counter() - start) * 1000, count)
`;

/** Walking 40,000 empty files in 1,011 folders and the top's 90 besides. */
export const walks: Bench = {
  name: "walk",
  what: "40,000 files in 1,101 folders",
  goals: [
    { of: "medvfs walk", to: "raw readDir stack", atMost: 1.2 },
    { of: "@std/fs-style walk", to: "medvfs walk", atLeast: 3 },
  ],
  async prepare() {
    const top = await makeTree();
    const count = BRANCHES * LEAVES * FILES;
    return {
      subjects: [
        { name: "medvfs walk", run: () => expect(count, countMedvfs(top)) },
        { name: "raw readDir stack", run: () => expect(count, countRaw(top)) },
        { name: "@std/fs-style walk", run: () => expect(count, countStd(top)) },
        {
          name: "find (whole process)",
          run: async () => void await runProgram("find", top, "-type", "f"),
          missing: await whyMissing("find", "--version"),
        },
        {
          name: "Python os.walk (inside)",
          run: async () => parseFloat(await runProgram(PYTHON, "-c", OS_WALK, top)),
          missing: await whyMissing(PYTHON, "--version"),
        },
        {
          name: "rclone lsf -R (whole process)",
          run: async () => void await runProgram("rclone", "lsf", "-R", "--files-only", top),
          missing: await whyMissing("rclone", "version"),
        },
      ],
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};

async function makeTree(): Promise<string> {
  const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
  for (let b = 0; b < BRANCHES; b++) {
    // Nine empty folders beside each branch bring the folders to 1,101.
    for (let e = 0; e < 9; e++) await Deno.mkdir(`${top}/b${b}/empty${e}`, { recursive: true });
    for (let l = 0; l < LEAVES; l++) {
      const leaf = `${top}/b${b}/leaf${l}`;
      await Deno.mkdir(leaf);
      for (let f = 0; f < FILES; f++) Deno.writeTextFileSync(`${leaf}/${f}.dcm`, "");
    }
  }
  return top;
}

async function expect(count: number, counting: Promise<number>): Promise<void> {
  const counted = await counting;
  if (counted !== count) throw new Error(`Counted ${counted} files instead of ${count}`);
}

async function countMedvfs(top: string): Promise<number> {
  let count = 0;
  for await (const [, , files] of walk(top)) count += files.length;
  return count;
}

async function countRaw(top: string): Promise<number> {
  let count = 0;
  const stack = [top];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const dirs: Deno.DirEntry[] = [];
    const files: Deno.DirEntry[] = [];
    for await (const entry of Deno.readDir(at)) (entry.isDirectory ? dirs : files).push(entry);
    count += files.length;
    for (const { name } of dirs) stack.push(`${at}/${name}`);
  }
  return count;
}

async function countStd(top: string): Promise<number> {
  let count = 0;
  for await (const entry of stdWalk(top)) if (entry.isFile) count++;
  return count;
}
