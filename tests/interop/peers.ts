/**
 * Other people's programs: asks whether one is there, and runs it.
 *
 * @module
 */

/** A program to compare with. */
export interface Peer {
  /** What people call it. */
  readonly name: string;
  /** Program and first arguments. */
  readonly command: readonly string[];
  /** Arguments that succeed when the program and all it needs are there. */
  readonly probe: readonly string[];
}

/** pydicom under `MEDVFS_PYTHON`, or under the python3 of the path. */
export const PYDICOM: Peer = {
  name: "pydicom",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import pydicom"],
};

/** GNU find. */
export const FIND: Peer = {
  name: "find",
  command: ["find"],
  probe: ["--version"],
};

/**
 * Registers a test that needs a peer: without it, the test is ignored and its name says why;
 * where `CI` is `true` it fails instead.
 */
export async function peerTest(
  peer: Peer,
  name: string,
  fn: (run: (...args: string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  const reason = await absence(peer);
  const run = (...args: string[]) => output(peer, args);
  if (reason === undefined) Deno.test(name, () => fn(run));
  else if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`${peer.name} is missing: ${reason}`);
    });
  } else {
    Deno.test({ name: `${name} (no ${peer.name}: ${reason})`, ignore: true, fn: () => {} });
  }
}

/** Runs a peer and returns what it prints. @throws `Error` with what it complains about. */
async function output({ command, name }: Peer, args: readonly string[]): Promise<string> {
  const [program, ...first] = command;
  const { success, code, stdout, stderr } = await new Deno.Command(program!, {
    args: [...first, ...args],
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const complaint = decoder.decode(stderr).trim().split("\n").at(-1);
  throw new Error(`${name} ended with ${code}: ${complaint}`);
}

async function absence(peer: Peer): Promise<string | undefined> {
  try {
    await output(peer, peer.probe);
  } catch (error) {
    return (error as Error).message;
  }
}
