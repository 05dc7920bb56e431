/** An archive of 200,000 studies, walked by day. */

import { runScript, startScript } from "./dimse_peers.ts";
import { scripted, workspace } from "./dimse_subjects.ts";
import type { Bench } from "./harness.ts";

const STUDIES = 200_000;
/** Most studies that the archive answers with. */
const LIMIT = 5_000;
const USUAL_DAY = ["2017/01/02", String(STUDIES / 1_000)] as const;
/** Of which every other study is, so that its answers are limited, and split by time. */
const BUSY_DAY = ["2018/05/16", String(STUDIES / 2)] as const;

/** Lists days of an archive with the index of `dimse_archive.ts`. */
export const walkingDays: Bench = {
  name: "dimse-days",
  what: `a day of an archive with ${STUDIES} studies, at most ${LIMIT} in an answer: ` +
    `one of ${USUAL_DAY[1]}, and one of ${BUSY_DAY[1]}`,
  goals: [{ of: "first study of the busy day", to: "busy day", atMost: 0.1 }],
  rounds: 3,
  async prepare() {
    const { top, remove } = await workspace();
    const archive = await startScript(
      "./dimse_archive.ts",
      String(STUDIES),
      String(LIMIT),
      `${top}/index.db`,
    );
    const list = (name: string, ...args: readonly string[]) =>
      scripted(name, () => runScript("./dimse_days.ts", String(archive.port), ...args), false);
    const all = [
      list("usual day", ...USUAL_DAY),
      list("busy day", ...BUSY_DAY),
      list("first study of the busy day", ...BUSY_DAY, "first"),
    ];
    return {
      subjects: all.map(({ subject }) => subject),
      figures: () => Promise.resolve(Object.assign({}, ...all.map(({ figures }) => figures()))),
      dispose: async () => {
        await archive[Symbol.asyncDispose]();
        await remove();
      },
    };
  },
};
