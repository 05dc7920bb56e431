/**
 * What the command needs of the world around it.
 *
 * @module
 */

import { permittedEnv } from "../vfs/platform.ts";
import type { Registry } from "../vfs/registry.ts";
import { type Input, processInput } from "./input.ts";

/** An output of the program. */
export interface Output {
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes all of `bytes` before it returns. */
  writeSync(bytes: Uint8Array): void;
  /** A person reads it: colours, progress and escaped control characters. */
  readonly isTerminal: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** The world around one run of the command; tests and other programs give their own. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Errors, notes and progress. */
  readonly stderr: Output;
  /** What people and programs tell; without one, nobody can be asked. */
  readonly stdin?: Input;
  /** Ends the run, as Ctrl-C does. */
  readonly signal: AbortSignal;
  /** No colours, also on a terminal (https://no-color.org). */
  readonly noColor: boolean;
  /** Errors are printed with their stack. */
  readonly debug: boolean;
  /** The drivers, when not those that come with medvfs. */
  readonly registry?: Registry;
}

/** The world of this process. It asks for no permission. */
export function processIo(signal: AbortSignal): Io {
  return {
    stdout: outputOf(Deno.stdout),
    stderr: outputOf(Deno.stderr),
    stdin: processInput(),
    signal,
    noColor: Deno.noColor,
    debug: permittedEnv("MEDVFS_DEBUG") !== undefined,
  };
}

function outputOf(stream: typeof Deno.stdout): Output {
  const isTerminal = stream.isTerminal();
  return {
    isTerminal,
    get columns() {
      return isTerminal ? consoleWidth() : 80;
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
    },
    writeSync(bytes) {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    },
  };
}

function consoleWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    // None of the standard streams tells its size.
    return 80;
  }
}
