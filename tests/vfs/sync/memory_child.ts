/**
 * Syncs a tree of as many files as told, and prints how many it dealt with and by how much the memory grew: a `mirror` in which
 * nothing changed, the same of what a `journal` alone can tell, or the plan of a `layout`.
 */

import { driverOf, fake, vfsOf } from "../_fakes.ts";
import { MemoryWatch } from "../../held_memory.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { ListedEntry } from "../../../vfs/transport.ts";

const [amount, what, folder] = Deno.args;
const count = Number(amount);
const PER_DIRECTORY = 1000;
const mtime = new Date(0);
const memory = new MemoryWatch(20);

/** A tree that takes no room: directories of 1,000 files each, made as they are listed. */
const sparse = (scheme: string) =>
  driverOf(
    fake({
      put: () => Promise.reject(new Error("nothing is to be stored")),
      remove: () => Promise.reject(new Error("nothing is to be removed")),
      stat: (at) =>
        at.segments.length === 1
          ? Promise.resolve({ kind: "directory" })
          : Promise.reject(new VfsError("NotFound", { op: "stat", url: at.href })),
      async *list(at) {
        await Promise.resolve();
        memory.step();
        const isTop = at.segments.length === 1;
        const length = isTop ? count / PER_DIRECTORY : PER_DIRECTORY;
        const directory = at.segments.at(-1);
        yield Array.from({ length }, (_, i): ListedEntry => {
          if (isTop) return { name: `d${i}`, kind: "directory" };
          const SOPInstanceUID = `1.2.840.10008.${directory!.slice(1)}.${i}`;
          const attributes = what === "layout"
            ? { PatientID: directory, InstanceNumber: i, SOPInstanceUID }
            : undefined;
          const info = { kind: "file", size: i, mtime, attributes } as const;
          return { name: `file-${i}.dcm`, kind: "file", info };
        });
      },
    }, { keepsTimes: what === "journal" ? undefined : 1 }),
    scheme,
  );

await using vfs = vfsOf([sparse("one"), sparse("two"), fileTransport()]);
const options = what === "layout"
  ? { layout: "{PatientID}/{InstanceNumber}.dcm", dryRun: true }
  : { delete: true, journal: what === "journal" ? `${folder}/journal` : undefined };
const { kept, actions } = await vfs.sync("one:///top", "two:///top", options);
console.log(JSON.stringify({ found: kept + actions.copy, grown: memory.grown() }));
