/**
 * Modules that load when they are first used: who looks at one file does not wait for copies, syncs and notebooks.
 *
 * @module
 */

import { once } from "./concurrency/once.ts";

/**
 * Loads a module by its name: `const { globEntries } = await load.glob()`. What is there is kept, since importing it again
 * takes as long as reading a small header.
 */
export const load = {
  cellProgress: once(() => import("../display/cell_progress.ts")),
  describe: once(() => import("./describe.ts")),
  display: once(() => import("../display/mod.ts")),
  formats: once(() => import("../formats/mod.ts")),
  glob: once(() => import("./glob.ts")),
  handles: once(() => import("./handles.ts")),
  layers: once(() => import("./layers/mod.ts")),
  mount: once(() => import("./mount.ts")),
  remove: once(() => import("./remove.ts")),
  secretFiles: once(() => import("./credentials/secret_files.ts")),
  series: once(() => import("./series.ts")),
  statEach: once(() => import("./stat_each.ts")),
  sync: once(() => import("./sync/mod.ts")),
  transfers: once(() => import("./transfer_sources.ts")),
} as const;
