/**
 * Removing files, and directories with all below them.
 *
 * @module
 */

import type { Resolved } from "./connections.ts";
import { heeding } from "./copy/callbacks.ts";
import { FunctionNotSupported, isNotFound } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { forEachBounded } from "./concurrency/pool.ts";
import { NEVER } from "./concurrency/signals.ts";
import {
  asVfsError,
  Tally,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./copy/transfer.ts";
import { walkSteps } from "./walk.ts";

/** Options of `remove`. */
export interface RemoveOptions extends TransferOptions {
  /** Remove a directory with all below it. Links are removed, never what they lead to. @default {false} */
  readonly recursive?: boolean;
}

/** Removes a file or directory. */
export function removeTree(at: Resolved, options: RemoveOptions = {}): Promise<TransferReport> {
  return heeding(options, (told) => removeAll(at, told));
}

async function removeAll(at: Resolved, options: RemoveOptions): Promise<TransferReport> {
  const { transport, location } = at;
  const { signal = NEVER, recursive = false } = options;
  if (!transport.remove) {
    throw new FunctionNotSupported(location.scheme, "remove", location.href);
  }
  const tally = new Tally(options);
  const remove = async (file: Location, tree = false) => {
    await transport.remove!(file, { signal, recursive: tree });
    tally.settle({ from: file.href, result: "done" });
  };
  const oneGo = !recursive || transport.capabilities.removeTree;
  if (oneGo || !await isDirectory(at, signal)) {
    tally.found(undefined);
    await remove(location, recursive && transport.capabilities.removeTree);
    tally.listed();
    return tally.report();
  }

  const directories: Location[] = [];
  const files = async function* () {
    for await (const step of walkSteps(at, { signal })) {
      directories.push(step.location);
      const links = step.dirs.filter((entry) => entry.isSymlink);
      for (const entry of [...links, ...step.files]) {
        tally.found(entry.size);
        yield entry.location;
      }
    }
    tally.listed();
  };
  const attempt = async (file: Location) => {
    try {
      await remove(file);
    } catch (error) {
      const failure = asVfsError(error, "remove", file.href);
      tally.settle({ from: file.href, result: "failed", error: failure });
      if (signal.aborted) throw failure;
    }
  };
  const concurrency = options.concurrency ??
    Math.min(8, transport.capabilities.maxConcurrency);
  await forEachBounded(files(), concurrency, attempt);
  const { failed } = tally.report();
  if (failed === 0) {
    for (const directory of directories.reverse()) {
      try {
        await transport.remove(directory, { signal });
      } catch (error) {
        // Where directories come with the files in them, they go with them too.
        if (!isNotFound(error)) throw error;
      }
    }
  }
  const report = tally.report();
  if (failed > 0) throw new TransferFailed("remove", location.href, report);
  return report;
}

/** A link to a directory is not one: it is removed itself. */
async function isDirectory(
  { transport, location }: Resolved,
  signal: AbortSignal,
): Promise<boolean> {
  const info = await transport.stat(location, {
    signal,
    followSymlinks: false,
  });
  return info.kind === "directory";
}
