/**
 * Ctrl-C and its relatives.
 *
 * @module
 */

import { EXIT } from "./exit_code.ts";

/** The signal of a run that nobody interrupts. */
export const NEVER_INTERRUPTED: AbortSignal = new AbortController().signal;

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs `work` as this process and exits with its code. The first signal from outside aborts it and leaves nothing
 * half done behind; the second ends the process at once.
 */
export async function exitOnSignals(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<never> {
  const controller = new AbortController();
  let clean = () => {};
  const onSignal = () => {
    if (controller.signal.aborted) {
      clean();
      Deno.exit(EXIT.interrupted);
    }
    controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, onSignal);
  const { signal } = controller;
  // By the time of a second signal it must not have to be loaded.
  signal.addEventListener("abort", () => {
    loadCleanup().then((loaded) => clean = loaded, () => {});
  });
  const code = await work(signal);
  if (signal.aborted) (await loadCleanup())();
  Deno.exit(code);
}

/** Only local writes leave something behind that outlives the process: temporary files. */
async function loadCleanup(): Promise<() => void> {
  const { removeTemporariesSync } = await import("../transports/file/temporaries.ts");
  return () => {
    try {
      removeTemporariesSync();
    } catch (error) {
      // Its message has the path, in which there may be a patient's name.
      const why = error instanceof Error ? error.name : "an error";
      console.error(`Temporary files could not be removed (${why}); the next copy there does it`);
    }
  };
}
