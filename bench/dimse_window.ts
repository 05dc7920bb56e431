/** Storing small instances far away: what an asynchronous operations window brings. */

import { serveDicomNode } from "../testing/dicom_node/mod.ts";
import { builtinRegistry } from "../transports/builtin.ts";
import { dicomTransport } from "../transports/dicom/mod.ts";
import { Vfs } from "../vfs/vfs.ts";
import { makeObjects } from "./dimse_data.ts";
import { dcmtkMissing, runTuned } from "./dimse_peers.ts";
import { workspace } from "./dimse_subjects.ts";
import { farAway } from "./far_away.ts";
import type { Bench, Subject } from "./harness.ts";

const OBJECTS = { count: 500, bytes: 18_432 };
const ROUND_TRIP_MS = 20;

/** Stores by so many operations at once on each association, and so many files at once. */
function storing(port: number, folder: string, window: number, concurrency?: number): Subject {
  const name = `window ${window}${concurrency ? `, ${concurrency} files at once` : ""}`;
  return {
    name,
    async run() {
      const registry = builtinRegistry();
      registry.register(dicomTransport({ store: { window } }), { override: true });
      await using vfs = new Vfs({ registry });
      const to = `dicom://127.0.0.1:${port}/NODE`;
      const { done } = await vfs.copy(folder, to, { concurrency });
      if (done !== OBJECTS.count) throw new Error(`${done} were stored`);
    },
  };
}

/** Copies into our own node, 20 ms away. */
export const storingFarAway: Bench = {
  name: "dimse-store-20ms",
  what: `copy of ${OBJECTS.count} x ${OBJECTS.bytes} bytes to serve-dicom's node, ` +
    `${ROUND_TRIP_MS} ms away`,
  goals: [
    { of: "window 1, 32 files at once", to: "window 8, 32 files at once", atLeast: 3 },
    { of: "storescu", to: "window 8", atLeast: 4 },
  ],
  rounds: 3,
  async prepare() {
    const { top, remove } = await workspace();
    await makeObjects(`${top}/objects`, OBJECTS);
    const node = await serveDicomNode({ aeTitle: "NODE", duplicates: "replace" });
    const far = farAway(node.port, ROUND_TRIP_MS);
    const scu = ["-aec", "NODE", "127.0.0.1", String(far.port), "+sd", "+r", `${top}/objects`];
    return {
      subjects: [
        storing(far.port, `${top}/objects`, 1),
        storing(far.port, `${top}/objects`, 8),
        storing(far.port, `${top}/objects`, 1, 32),
        storing(far.port, `${top}/objects`, 8, 32),
        {
          name: "storescu",
          missing: await dcmtkMissing(),
          run: async () => void await runTuned("storescu", ...scu),
        },
      ],
      figures: () => Promise.resolve({ instances: node.counts.instances }),
      dispose: async () => {
        await far[Symbol.asyncDispose]();
        await node.close();
        await remove();
      },
    };
  },
};
