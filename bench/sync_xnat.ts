import { createVfs } from "../mod.ts";
import { timerIn } from "./files.ts";
import { type Bench, runProgram, whyMissing } from "./harness.ts";
import { startEmulator } from "./xnat_emulator.ts";
import { startIndex } from "./http_index.ts";

const FILES = 2000;
const SIZE = 128 * 1024;
const LATENCY_MS = 20;

/**
 * Syncing a resource from afar. rclone knows no XNAT: it has the same files from a plain index server of the same
 * latency, which asks for no login.
 */
export const fromXnat: Bench = {
  name: "sync-from-xnat",
  what: `first sync of ${FILES} files of 128 KiB, XNAT to folder, at ${LATENCY_MS} ms`,
  goals: [{ of: "rclone sync over HTTP", to: "medvfs sync", atLeast: 5 }],
  rounds: 3,
  async prepare() {
    const server = await startEmulator(LATENCY_MS, "files", FILES, SIZE);
    const index = startIndex(LATENCY_MS, FILES, SIZE);
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const timed = timerIn(top);
    let requests = 0;
    return {
      subjects: [
        {
          name: "medvfs sync",
          run: () =>
            timed(async (to) => {
              await server.countRequests();
              await using vfs = createVfs();
              const { done } = await vfs.sync(`${server.root}/DATA/s/e/1/FILES`, to);
              if (done !== FILES) throw new Error(`Copied ${done} files`);
              requests = await server.countRequests();
            }),
        },
        {
          name: "rclone sync over HTTP",
          missing: await whyMissing("rclone", "version"),
          run: () =>
            timed((to) =>
              runProgram("rclone", "sync", "--transfers=4", `--http-url=${index.url}`, ":http:", to)
            ),
        },
      ],
      figures: () => Promise.resolve({ "requests per file": requests / FILES }),
      async dispose() {
        await server.stop();
        await index.stop();
        await Deno.remove(top, { recursive: true });
      },
    };
  },
};
