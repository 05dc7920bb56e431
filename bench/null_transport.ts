import { LEAST, readerOf, type TransportDriver } from "../driver.ts";
import { type Info, VfsError } from "../mod.ts";

const capabilities = { ...LEAST, size: true, put: "atomic" as const, maxConcurrency: 8 };

/** A transport that takes everything and keeps nothing, to measure what copying itself costs. */
export const nullTransport: TransportDriver = {
  name: "null",
  description: "Takes everything and keeps nothing.",
  authors: "The medvfs authors",
  version: "0.1.0",
  url: "https://jsr.io/@medvfs/vfs",
  schemes: ["null"],
  capabilities,
  permissions: "",
  connect: () => ({
    capabilities,
    stat: ({ href }) => Promise.reject(new VfsError("NotFound", { op: "stat", url: href })),
    list: () => (async function* () {})(),
    get: ({ href }) => Promise.reject(new VfsError("NotFound", { op: "read", url: href })),
    async put(_location, source): Promise<Info> {
      const reader = readerOf(await source.open());
      let size = 0;
      for (let c = await reader.read(); c !== undefined; c = await reader.read()) size += c.length;
      return { kind: "file", size };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
};
