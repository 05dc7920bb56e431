import { copy } from "../mod.ts";
import { makeFile, timerIn } from "./files.ts";
import { type Bench, peakMemory, runProgram, whyMissing } from "./harness.ts";

const FILES = 1024;
const FILE_BYTES = 512 * 1024;

/** Copying a folder into a new zip: of what deflating makes no smaller, so that both store it as it is. */
export const zipWrite: Bench = {
  name: "zip-write",
  what: `${FILES} files of 512 KiB into a new zip`,
  goals: [{ of: "medvfs copy", to: "zip -r -0", atMost: 2 }],
  rounds: 5,
  async prepare() {
    const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const folder = `${top}/source`;
    await Deno.mkdir(folder);
    for (let i = 0; i < FILES; i++) await makeFile(`${folder}/${i}.dcm`, FILE_BYTES);
    const timed = timerIn(top);
    const zipAt = (path: string) => `zip://${encodeURIComponent(`file://${path}`)}`;
    const script = new URL("./copy_peak.ts", import.meta.url);
    return {
      subjects: [
        {
          name: "medvfs copy",
          run: () => timed((to) => copy(folder, zipAt(`${to}.zip`))),
        },
        {
          name: "zip -r -0",
          missing: await whyMissing("zip", "-v"),
          run: () => timed((to) => runProgram("zip", "-r", "-0", "-q", `${to}.zip`, folder)),
        },
      ],
      figures: async () => {
        const large = `${top}/large`;
        for (let times = 0; times < 4; times++) {
          await Deno.mkdir(`${large}/${times}`, { recursive: true });
          for await (const { name } of Deno.readDir(folder)) {
            await Deno.link(`${folder}/${name}`, `${large}/${times}/${name}`);
          }
        }
        return { "2 GiB, peak MiB": await peakMemory(script, large, zipAt(`${top}/large.zip`)) };
      },
      dispose: () => Deno.remove(top, { recursive: true }),
    };
  },
};
