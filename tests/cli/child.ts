/** Runs the command as a process of its own. */

import { fromFileUrl } from "@std/path";

const ROOT = new URL("../../", import.meta.url);

/** The command line of `medvfs` under the permissions `flags`. */
export function medvfs(
  flags: readonly string[],
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      `--config=${path("deno.json")}`,
      ...flags,
      path("cli/main.ts"),
      ...args,
    ],
    stdin: "null",
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  });
}

function path(name: string): string {
  return fromFileUrl(new URL(name, ROOT));
}

/** Runs it to its end. */
export async function output(
  flags: readonly string[],
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await medvfs(flags, args).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Makes a folder, gives it to `work` and removes it. Permissions for it are asked by the path without links. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "medvfs-cli-" }));
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A command that serves until it is told to end. */
export interface Serving {
  /** The first lines that it printed, and what came with them. */
  readonly out: string;
  /**
   * Ends it as Ctrl-C does, and gives its exit code and what it said on the error output. On Windows nobody can send
   * that, so that it is killed and the code is that of one that ends well.
   */
  stop(): Promise<{ code: number; err: string }>;
}

/** Starts a command that serves, and waits for so many lines of its output. */
export async function serving(
  flags: readonly string[],
  args: readonly string[],
  lines: number,
): Promise<Serving> {
  const child = medvfs(flags, args, { stdout: "piped", stderr: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (out.split("\n").length <= lines) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended early: ${await new Response(child.stderr).text()}`);
    out += value;
  }
  return {
    out,
    async stop() {
      child.kill("SIGINT");
      const err = new Response(child.stderr).text();
      while (!(await reader.read()).done);
      const { code } = await child.status;
      return { code: Deno.build.os === "windows" ? 0 : code, err: await err };
    },
  };
}
