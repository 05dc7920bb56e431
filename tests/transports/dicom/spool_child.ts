/**
 * Reads a series of an archive through a spool, in a process of its own: one that can be killed, and one with a disk of
 * its own.
 *
 *     spool_child.ts wait|fill SERIES-URL SPOOL-FOLDER
 */

import { builtinRegistry } from "../../../transports/builtin.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { Vfs } from "../../../vfs/vfs.ts";

const [what, url = "", directory = ""] = Deno.args;
const registry = builtinRegistry();
registry.register(dicomTransport({ spool: { directory } }), { override: true });
await using vfs = new Vfs({ registry, layers: { retry: false } });

/** Paths of the open files that have no name any more; each is open twice, for its reader and its writer. */
function nameless(): Set<string> {
  const paths = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
  return new Set(
    paths.filter((path) => path.startsWith(directory) && path.endsWith(" (deleted)")),
  );
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(() => "read", (error) => isVfsError(error) ? error.kind : `${error}`);

const names = (await Array.fromAsync(vfs.readDir(url))).map(({ name }) => name);

if (what === "wait") {
  await using _first = await vfs.open(`${url}/${names[0]}`);
  // All others: none is about to be made when this is killed.
  while (nameless().size < names.length - 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log("spooling");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
} else {
  // Others come ahead of this one, and find no room.
  const copied = await vfs.copy(url, "memory:///copied");
  // Who takes nothing for a second has the rest go to disk.
  const paused = await vfs.open(`${url}/${names[0]}`);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const pausing = await outcome(new Response(paused.readable).bytes());
  const next = await outcome(vfs.readFile(`${url}/${names[1]}`));
  console.log(JSON.stringify({
    copied: [copied.done, copied.failed],
    pausing,
    next,
    open: nameless().size,
    left: [...Deno.readDirSync(directory)].length,
  }));
}
