/**
 * A driver for folders that are hard on a page.
 *
 * @module
 */

import { LEAST } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Info, ListedEntry, TransportDriver } from "../../vfs/transport.ts";

/** The driver of `wide:`, and how many endless listings were ended. */
export interface Wide {
  readonly driver: TransportDriver;
  readonly ended: number;
  /** Resolves when one was. */
  readonly untilEnded: Promise<void>;
}

const PAGE = 1000;
const DIRECTORY: Info = { kind: "directory" };

/**
 * Makes a driver whose root has `count` files and three folders: an empty one, `endless`, whose list has no end, and
 * `breaking`, whose list fails after two files.
 */
export function wideDriver(count: number): Wide {
  let ended = 0;
  const { promise: untilEnded, resolve } = Promise.withResolvers<void>();
  const capabilities = { ...LEAST, size: true, range: true };
  const fileOf = (index: number): ListedEntry => ({
    name: `file-${index}`,
    kind: "file",
    info: { kind: "file", size: 1, mtime: new Date(index * 60_000) },
  });
  async function* files(): AsyncGenerator<ListedEntry[]> {
    yield ["breaking", "empty", "endless"].map((name): ListedEntry => ({
      name,
      kind: "directory",
    }));
    for (let from = 0; from < count; from += PAGE) {
      yield Array.from({ length: Math.min(PAGE, count - from) }, (_, i) => fileOf(from + i));
    }
  }
  async function* endless(signal: AbortSignal): AsyncGenerator<ListedEntry[]> {
    yield [fileOf(0)];
    // Of the tree, which asks for its folders, and of the table.
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      .finally(() => {
        ended++;
        resolve();
      });
  }
  const driver: TransportDriver = {
    name: "wide",
    description: "Folders that are hard on a page",
    authors: "The medvfs authors",
    version: "0",
    url: "",
    schemes: ["wide"],
    capabilities,
    permissions: "",
    connect: () => ({
      capabilities,
      stat: ({ segments }) =>
        Promise.resolve(/^file-/.test(segments.at(-1) ?? "") ? fileOf(0).info! : DIRECTORY),
      async *list({ segments: [name] }, { signal }) {
        if (name === undefined) yield* files();
        else if (name === "endless") yield* endless(signal);
        else if (name === "breaking") {
          yield [fileOf(0), fileOf(1)];
          throw new VfsError("Corrupt", { op: "list", url: "wide://host/breaking" });
        }
      },
      get: ({ href }) => Promise.reject(new VfsError("NotSupported", { op: "read", url: href })),
      describe: ({ name }) => Promise.resolve(`what ${name} is`),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  };
  return {
    driver,
    get ended() {
      return ended;
    },
    untilEnded,
  };
}
