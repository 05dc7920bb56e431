/**
 * Other people's servers: started on a free port, and ended.
 *
 * @module
 */

/** Longer than any of them takes to start on a machine that is slow. */
const START_MS = 120_000;

/** A program that listens. */
export interface Server extends AsyncDisposable {
  /** Ends it at once. Idempotent. */
  kill(): Promise<void>;
}

/** Starts a program and waits until it listens at `port`, where `knock` succeeds. */
export async function started(
  program: string,
  args: readonly string[],
  port: number,
  env: Record<string, string> = {},
  knock: (port: number) => Promise<unknown> = connect,
): Promise<Server> {
  const command = new Deno.Command(program, {
    args: [...args],
    env,
    stdout: "null",
    stderr: "null",
  });
  const child = command.spawn();
  let isEnded = false;
  child.status.then(() => isEnded = true);
  for (const end = performance.now() + START_MS;;) {
    try {
      await knock(port);
      break;
    } catch (error) {
      if (performance.now() > end || isEnded) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function kill(): Promise<void> {
    if (!isEnded) child.kill("SIGKILL");
    await child.status;
  }
  return { kill, [Symbol.asyncDispose]: kill };
}

async function connect(port: number): Promise<void> {
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
}

/** Runs `fn` with a folder that is removed afterwards. */
export async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
