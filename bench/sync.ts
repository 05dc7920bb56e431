import { sync } from "../mod.ts";
import { copier, copiesOf } from "./files.ts";
import { type Bench, runProgram, whyMissing } from "./harness.ts";
import { fromXnat } from "./sync_xnat.ts";

const UNCHANGED = 40_000;

/** Looking for changes where there are none. */
const noOp: Bench = {
  name: "sync-no-op",
  what: "sync of 40,000 local files of which none changed",
  goals: [{ of: "medvfs sync", to: "rclone sync", atMost: 1.5 }],
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const source = `${top}/source`;
    const target = `${top}/target`;
    await makeTinyFiles(source, 200, UNCHANGED / 200);
    await runProgram("cp", "-rp", source, target);
    return {
      subjects: [
        {
          name: "medvfs sync",
          run: async () => {
            const { kept, done } = await sync(source, target, { delete: true });
            if (kept !== UNCHANGED || done !== 0) throw new Error(`Kept ${kept}, did ${done}`);
          },
        },
        {
          name: "rclone sync",
          missing: await whyMissing("rclone", "version"),
          run: async () => void await runProgram("rclone", "sync", source, target),
        },
      ],
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};

/** Syncing into nothing. */
const first: Bench = {
  name: "sync-first",
  what: "first sync of 2,000 files of 128 KiB, folder to folder",
  goals: [
    { of: "medvfs sync", to: "cp -r", atMost: 1.5 },
    { of: "medvfs sync", to: "rclone sync", atMost: 1 },
  ],
  prepare: async () =>
    copiesOf(2000, [
      { name: "medvfs sync", copy: async (from, to) => (await sync(from, to)).done },
      { name: "cp -r", copy: copier("cp", "-r") },
      {
        name: "rclone sync",
        missing: await whyMissing("rclone", "version"),
        copy: copier("rclone", "sync"),
      },
    ]),
};

async function makeTinyFiles(top: string, folders: number, count: number): Promise<void> {
  for (let f = 0; f < folders; f++) {
    await Deno.mkdir(`${top}/${f}`, { recursive: true });
    for (let i = 0; i < count; i++) await Deno.writeTextFile(`${top}/${f}/${i}.dcm`, `${f} ${i}`);
  }
}

/** Syncing folders, and an XNAT to a folder. */
export const syncs: readonly Bench[] = [noOp, first, fromXnat];
