/**
 * Ctrl-C and its relatives.
 *
 * @module
 */

import { EXIT } from "./exit_code.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs `work` as this process and exits with its code. The first signal from outside aborts it and leaves nothing
 * half done behind; the second ends the process as soon as temporary files are removed.
 */
export async function exitOnSignals(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<never> {
  const controller = new AbortController();
  const { signal } = controller;
  const end = async (code: number): Promise<never> => {
    if (signal.aborted) await cleanUp();
    Deno.exit(code);
  };
  const onSignal = () => {
    if (signal.aborted) end(EXIT.interrupted);
    else controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, onSignal);
  return await end(await work(signal));
}

/** Only local writes leave something behind that outlives the process: temporary files. */
async function cleanUp(): Promise<void> {
  try {
    // Who has written has loaded it, so that it is there at once.
    const { removeTemporariesSync } = await import("../transports/file/temporaries.ts");
    removeTemporariesSync();
  } catch (error) {
    // Its message has the path, in which there may be a patient's name.
    const why = error instanceof Error ? error.name : "an error";
    console.error(`Temporary files could not be removed (${why}); the next copy there does it`);
  }
}
