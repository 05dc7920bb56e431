/**
 * Files in the making: beside their target, which they become in one step, or gone.
 *
 * @module
 */

import type { Info } from "../../vfs/transport.ts";
import { syncFolder } from "./publish.ts";
import type { Sweeper } from "./sweeper.ts";
import { discardTemporary, releaseTemporary, reserveTemporary } from "./temporaries.ts";

/** Options of {@linkcode makeBeside}. */
export interface MakingOptions {
  /** Wait until the disk has it. */
  readonly fsync: boolean;
  /** Clears up beside the target. */
  readonly sweeper: Sweeper;
}

/** Has `make` fill the file that it is given and move it to `path`. What fails leaves no file beside that. */
export async function makeBeside(
  path: string,
  { fsync, sweeper }: MakingOptions,
  make: (temporary: string) => Promise<Info>,
): Promise<Info> {
  const temporary = reserveTemporary(path);
  const sweeping = sweeper.sweepBeside(path);
  try {
    const info = await make(temporary);
    releaseTemporary(temporary);
    if (fsync) await syncFolder(path);
    return info;
  } catch (error) {
    await discardTemporary(temporary);
    throw error;
  } finally {
    await sweeping;
  }
}
