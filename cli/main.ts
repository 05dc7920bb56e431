/**
 * The `medvfs` command.
 *
 * @example
 * ```ts
 * import { main } from "@medvfs/vfs/cli";
 * import { strict as assert } from "node:assert";
 *
 * assert.equal(await main(["mkdir", "memory:///made"]), 0);
 * ```
 *
 * @module
 */

import { type Command, CommanderError } from "commander";
import { NEVER } from "../vfs/concurrency/signals.ts";
import { type CommandSpec, fullName } from "./command.ts";
import { BrokenPipe, Console } from "./console.ts";
import { Context, type GlobalOptions } from "./context.ts";
import { dicomSettings, namesPeer, withoutAliases } from "./dicom.ts";
import type { DicomFlags } from "./dicom_flags.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import type { Input } from "./input.ts";
import { type Io, type Output, processIo } from "./io.ts";
import { messageOf, stackOf } from "./messages.ts";
import { listedPlaces } from "./list.ts";
import { requirePermissions } from "./permissions.ts";
import { makeProgram } from "./program.ts";
import { operandsOf } from "./sources.ts";
import { exitOnSignals } from "./interrupt.ts";

export type { Input, Io, Output };

/** How long an interrupted command may take to clean up. */
const CLEANUP_MS = 1000;

/**
 * Runs the command.
 *
 * @param args what follows `medvfs` on the command line
 * @param io the world around it; that of this process by default
 * @returns the exit code
 */
export async function main(args: readonly string[], io?: Io): Promise<number> {
  const world = io ?? processIo(NEVER);
  const stop = new AbortController();
  const console = new Console(world, (reason) => stop.abort(reason));
  const signal = AbortSignal.any([world.signal, stop.signal]);
  const work = run(args, world, console, signal);
  return await settledSoon(work, world.signal);
}

async function run(
  args: readonly string[],
  io: Io,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  let job: (() => Promise<number>) | undefined;
  const program = await makeProgram(args, io, {
    out: (text) => console.text(text),
    err: (text) => console.notes(text.trimEnd()),
  }, (spec, command) => {
    const global = program.opts<GlobalOptions>();
    job = () => runCommand(spec, command, { io, console, signal, global });
  });
  try {
    const code = parse(program, args);
    if (job) return await job();
    await console.flush();
    return code;
  } catch (error) {
    if (!(error instanceof BrokenPipe)) console.error(`medvfs: ${messageOf(error, "")}`);
    return exitCodeOf(error);
  }
}

function parse(program: Command, args: readonly string[]): number {
  try {
    program.parse([...args], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

interface Surroundings {
  readonly io: Io;
  readonly console: Console;
  readonly signal: AbortSignal;
  readonly global: GlobalOptions;
}

async function runCommand<O>(
  spec: CommandSpec<O>,
  command: Command,
  { io, console, signal, global }: Surroundings,
): Promise<number> {
  const { makeVfs } = await import("./make_vfs.ts");
  const options = command.opts();
  const name = fullName(command);
  const debug = io.debug || Boolean(global.verbose);
  try {
    const listed = spec.sources ? await listedPlaces(options, io.stdin) : undefined;
    if (listed?.length === 0) {
      console.note(`medvfs ${name}: the list is empty, so there is nothing to do`);
      return EXIT.ok;
    }
    const dicom = namesPeer([...command.args, ...listed ?? []])
      ? await dicomSettings({ ...global, ...options } as DicomFlags)
      : undefined;
    const meant = (places: readonly string[]) =>
      dicom ? withoutAliases(places, dicom) : [...places];
    await using vfs = makeVfs(io, console, global, dicom);
    const context = new Context(name, console, vfs, signal, global, debug, io.stdin);
    const named = meant(command.args);
    if (spec.changes) {
      const places = [...listed ?? [], ...named];
      requirePermissions(name, places, spec.changes(options as O), spec.sources);
    }
    const operands = await operandsOf(context, spec, named, listed && meant(listed));
    if (operands) await spec.run(context, operands, options as O, command);
    await console.flush();
    return context.exitCode;
  } catch (error) {
    console.status("");
    if (signal.reason instanceof BrokenPipe || error instanceof BrokenPipe) {
      return EXIT.brokenPipe;
    }
    if (signal.aborted) return EXIT.interrupted;
    console.error(`medvfs ${name}: ${messageOf(error, name)}`);
    if (debug) console.notes(stackOf(error));
    return exitCodeOf(error);
  }
}

/** Gives what `work` does, or, when interrupted, gives up on it after a second. */
async function settledSoon(work: Promise<number>, signal: AbortSignal): Promise<number> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = () => {};
  const givenUp = new Promise<number>((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve(EXIT.interrupted), CLEANUP_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}

if (import.meta.main) await exitOnSignals((signal) => main(Deno.args, processIo(signal)));
