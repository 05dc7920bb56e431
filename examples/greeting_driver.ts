/**
 * A whole driver: it serves greetings as text files.
 *
 *     deno run examples/greeting_driver.ts
 */

import { type Info, type Location, readTextFile, register, VfsError, walk } from "@medvfs/vfs";
import { LEAST, type TransportDriver } from "@medvfs/vfs/driver";

const GREETINGS: Readonly<Record<string, string>> = { "de.txt": "Guten Tag", "en.txt": "Hello" };

const capabilities = { ...LEAST, size: true };

const read = (op: string, { segments, href }: Location): Uint8Array<ArrayBuffer> => {
  const text = segments.length === 1 ? GREETINGS[segments[0]!] : undefined;
  if (text === undefined) throw new VfsError("NotFound", { op, url: href });
  return new TextEncoder().encode(text);
};

const stat = (op: string, location: Location): Info =>
  location.segments.length === 0
    ? { kind: "directory" }
    : { kind: "file", size: read(op, location).length };

export const greetingDriver: TransportDriver = {
  name: "greeting",
  description: "Greetings in several languages.",
  authors: "The medvfs authors",
  version: "0.1.0",
  url: "https://jsr.io/@medvfs/vfs",
  schemes: ["greeting"],
  capabilities,
  permissions: "",
  connect: () => ({
    capabilities,
    stat: (location) => Promise.try(() => stat("stat", location)),
    async *list(location) {
      const { kind } = stat("list", location);
      if (kind === "file") throw new VfsError("NotADirectory", { op: "list", url: location.href });
      yield Object.keys(GREETINGS).map((name) => {
        const info = stat("list", location.child(name));
        return { name, kind: info.kind, info };
      });
    },
    get: (location) =>
      Promise.try(() => {
        const info = stat("read", location);
        if (info.kind === "file") return { info, offset: 0, body: read("read", location) };
        throw new VfsError("IsADirectory", { op: "read", url: location.href });
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
};

if (import.meta.main) {
  register(greetingDriver);
  for await (const [, , files] of walk("greeting://world")) {
    for (const { name, url } of files) console.log(name, await readTextFile(url));
  }
}
