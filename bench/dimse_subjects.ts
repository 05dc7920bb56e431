/** What the DIMSE benches have in common. */

import type { Said } from "./dimse_peers.ts";
import type { Subject } from "./harness.ts";

/** A folder to write to. */
export async function workspace(): Promise<{ top: string; remove: () => Promise<void> }> {
  const memory = await Deno.stat("/dev/shm").then(() => "/dev/shm", () => undefined);
  const top = await Deno.makeTempDir({ dir: memory, prefix: "medvfs-bench-" });
  return { top, remove: () => Deno.remove(top, { recursive: true }) };
}

/** One of our scripts as a subject, timed as a whole or by its operation, and what it said of itself. */
export function scripted(name: string, run: () => Promise<Said>, isWhole = true) {
  const said: Said[] = [];
  const subject: Subject = {
    name,
    async run() {
      const last = await run();
      said.push(last);
      return isWhole ? undefined : last.ms;
    },
  };
  const figures = () => {
    const times = said.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      [`${name}, operation alone, ms`]: Math.round(times[times.length >> 1] ?? NaN),
      [`${name}, peak MiB (goal ≤ 90)`]: Math.max(...said.map(({ peakMiB }) => peakMiB)),
    };
  };
  return { subject, figures };
}

/** Runs `action` with a folder that is new, and removes it. */
export async function intoNew<T>(
  folder: string,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  await Deno.mkdir(folder);
  try {
    return await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Of what is missing. */
export async function noop(): Promise<void> {}
