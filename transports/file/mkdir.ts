/**
 * Making directories.
 *
 * @module
 */

import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { RecursiveOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";

/** Implements `mkdir`. */
export function mkdir(
  confinement: Confinement,
  location: Location,
  { signal, recursive = false }: RecursiveOptions,
): Promise<void> {
  return attempt("mkdir", location, async () => {
    throwIfAborted(signal, "mkdir", location.href);
    const path = recursive
      ? await confinement.follow(location, "mkdir")
      : await confinement.entry(location, "mkdir");
    await Deno.mkdir(path, { recursive });
  });
}
