import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/**
 * The memory that is held, in bytes: heap and buffers after all has been collected that can be. Resident memory also has
 * what waits to be collected, and how much that is depends on the machine.
 */
function heldMemory(): number {
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Looks at the memory each so many steps, and tells by how much the most exceeds what was held at the start. */
export class MemoryWatch {
  readonly #before = heldMemory();
  readonly #every: number;
  #steps = 0;
  #most = 0;

  constructor(every: number) {
    this.#every = every;
  }

  step(): void {
    if (++this.#steps % this.#every === 0) this.#look();
  }

  /** By how many bytes, looked at once more. */
  grown(): number {
    this.#look();
    return this.#most;
  }

  #look(): void {
    this.#most = Math.max(this.#most, heldMemory() - this.#before);
  }
}
