import { type Info, readerOf, type TransportDriver, VfsError } from "../mod.ts";

const capabilities = {
  range: false,
  etag: false,
  size: true,
  digests: [],
  tree: false,
  put: "atomic",
  exclusive: false,
  append: false,
  remove: false,
  mkdir: false,
  emptyDirectories: false,
  rename: false,
  copy: false,
  symlinks: false,
  query: false,
  maxConcurrency: 8,
} as const;

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
