/** Runs subjects in turn and compares their medians. */

/** The Python whose libraries are compared with. */
export const PYTHON = Deno.env.get("MEDVFS_PYTHON") ?? "python3";

/** One thing to time: gives milliseconds, or nothing where it is not installed. */
export interface Subject {
  readonly name: string;
  /** Milliseconds of one run; by default the time that `run` takes. */
  readonly run: () => Promise<number | void>;
  /** Why it cannot run here. */
  readonly missing?: string;
}

/** What a bench is to reach: `ratio` is the median of `of` over that of `to`. */
export interface Goal {
  readonly of: string;
  readonly to: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One bench. */
export interface Bench {
  readonly name: string;
  readonly what: string;
  readonly goals: readonly Goal[];
  /** Makes data and gives the subjects; what it returns besides is freed afterwards. */
  prepare(): Promise<{
    readonly subjects: readonly Subject[];
    /** Figures that are no times, such as peak memory. */
    readonly figures?: () => Promise<Readonly<Record<string, number>>>;
    readonly dispose?: () => Promise<void>;
  }>;
  readonly rounds?: number;
}

/** What came out. */
export interface BenchResult {
  readonly name: string;
  readonly what: string;
  readonly rounds: number;
  readonly medianMs: Readonly<Record<string, number>>;
  readonly minMs: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, string>>;
  readonly goals: readonly (Goal & { readonly ratio?: number; readonly met?: boolean })[];
}

const TOUCH = new URL("./touch_memory.ts", import.meta.url);

/** Runs a bench: one warm-up round, then `rounds` rounds in which the subjects take turns. */
export async function runBench(bench: Bench, rounds = bench.rounds ?? 7): Promise<BenchResult> {
  const { subjects, figures, dispose } = await bench.prepare();
  try {
    const present = subjects.filter((subject) => !subject.missing);
    const times = new Map(present.map(({ name }) => [name, [] as number[]]));
    for (let round = -1; round < rounds; round++) {
      // Every other round goes backwards, so that nobody always follows the same neighbour.
      const order = round % 2 ? present : present.toReversed();
      for (const { name, run } of order) {
        // Nobody pays for what another left behind, or for memory that a virtual machine's host took back.
        (globalThis as { gc?: () => void }).gc?.();
        await runOurs(TOUCH);
        const start = performance.now();
        const own = await run();
        const ms = own ?? performance.now() - start;
        if (round >= 0) times.get(name)!.push(ms);
      }
    }
    const medianMs = collate(times, median);
    return {
      name: bench.name,
      what: bench.what,
      rounds,
      medianMs,
      minMs: collate(times, (all) => Math.min(...all)),
      figures: await figures?.() ?? {},
      missing: Object.fromEntries(
        subjects.flatMap(({ name, missing }) => missing ? [[name, missing]] : []),
      ),
      goals: bench.goals.map((goal) => judge(goal, medianMs)),
    };
  } finally {
    await dispose?.();
  }
}

function judge(goal: Goal, medianMs: Readonly<Record<string, number>>) {
  const of = medianMs[goal.of];
  const to = medianMs[goal.to];
  if (of === undefined || to === undefined) return goal;
  const ratio = of / to;
  const met = ratio <= (goal.atMost ?? Infinity) && ratio >= (goal.atLeast ?? 0);
  return { ...goal, ratio, met };
}

function collate(
  times: ReadonlyMap<string, number[]>,
  reduce: (all: number[]) => number,
): Record<string, number> {
  return Object.fromEntries([...times].map(([name, all]) => [name, reduce(all)]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs a program to its end. @throws when it fails, with what it said */
export async function runProgram(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Why `command` cannot be run with `args`, or `undefined` when it can. */
export async function whyMissing(
  command: string,
  ...args: string[]
): Promise<string | undefined> {
  try {
    await runProgram(command, ...args);
  } catch (error) {
    return `${command} is not installed or does not run: ${
      error instanceof Error ? error.message.split("\n")[0] : error
    }`;
  }
}

/** Runs a script by this Deno in a process of its own, with all permissions. */
function runOurs(script: URL, ...args: string[]): Promise<string> {
  return runProgram(Deno.execPath(), "run", "--no-prompt", "-A", script.href, ...args);
}

/** Peak resident memory, in MiB, of a script run by this Deno in a process of its own. */
export async function peakMemory(script: URL, ...args: string[]): Promise<number> {
  const output = await runOurs(script, ...args);
  const kib = /^peak (\d+) kB$/m.exec(output)?.[1];
  if (kib === undefined) throw new Error(`No peak in ${JSON.stringify(output)}`);
  return Math.round(Number(kib) / 1024);
}

/** A process's resident memory, by default this one's: now (`VmRSS`), or at its peak (`VmHWM`), in KiB. Linux only. */
export async function residentMemory(
  which: "VmRSS" | "VmHWM" = "VmRSS",
  pid: number | "self" = "self",
): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}

/** Prints this process's peak resident memory over `start`, in KiB, for {@linkcode peakMemory} to read. */
export async function printPeakMemory(start = 0): Promise<void> {
  console.log(`peak ${await residentMemory("VmHWM") - start} kB`);
}
