/**
 * What notebooks show: of a value that a cell returns, and while a call takes long. It is made by `display/`, which
 * loads only then.
 *
 * @module
 */

import type { CellProgress } from "../display/cell_progress.ts";
import { load } from "./lazy_modules.ts";
import type { Location } from "./location/location.ts";
import type { Vfs } from "./vfs.ts";

/** The method that says what a notebook shows of a value that a cell returns, by media type. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

type Displays = typeof import("../display/mod.ts");
type Rich = InstanceType<Displays["Rich"]>;

/** How a value is displayed. */
export type Show = (displays: Displays) => Rich | Promise<Rich>;

/** The kernel of a notebook, as far as it is needed; `Deno.jupyter`. */
export interface Kernel {
  /** Sends a message of Jupyter's protocol to those who show the cell. */
  broadcast(
    type: "display_data" | "update_display_data",
    content: Readonly<Record<string, unknown>>,
  ): Promise<void> | void;
}

/** The kernel that this runs in, in a notebook. */
export function kernel(): Kernel | undefined {
  try {
    return (globalThis as { Deno?: { jupyter?: Kernel } }).Deno?.jupyter;
  } catch {
    return undefined; // Deno has it throw outside of notebooks.
  }
}

/** What a notebook is given, by media type. */
export async function media(show: Show): Promise<Record<string, string>> {
  return (await show(await load.display())).media();
}

/** Has notebooks show `thing`, or a copy of it where nothing can be added, when a cell returns it. */
export function shown<T extends object>(thing: T, show: Show): T {
  const own = Object.isExtensible(thing) ? thing : { ...thing };
  return Object.defineProperty(own, DISPLAY, { value: () => media(show), configurable: true });
}

/** The filesystems that gave locations: those of instances, and those that the entries of a listing share. */
const owners = new WeakMap<Location, Vfs>();

/** Remembers who gave a location. */
export function givenBy(vfs: Vfs, location: Location): void {
  owners.set(location, vfs);
}

/** Who gave a location. */
export function whoGave(location: Location): Vfs | undefined {
  return owners.get(location);
}

/** Does `work`, which may tell how far it is in the cell of a notebook: that is there where it `isWanted`. */
export async function inCell<R>(
  what: string,
  isWanted: boolean,
  work: (cell?: CellProgress) => Promise<R>,
): Promise<R> {
  const jupyter = isWanted ? kernel() : undefined;
  if (!jupyter) return await work();
  const { CellProgress } = await load.cellProgress();
  return await new CellProgress(jupyter, what).during(work);
}
