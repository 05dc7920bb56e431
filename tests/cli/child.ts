/** Runs the command as a process of its own. */

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
  return decodeURIComponent(new URL(name, ROOT).pathname);
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

/** Makes a folder, gives it to `work` and removes it. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-cli-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
