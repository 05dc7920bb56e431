/**
 * What a driver is made of: the contract, the bytes that it gives and takes, and the layers around it.
 *
 * A driver writes `stat`, `list`, `get` and dispose, and is done when the conformance suite of `@medvfs/vfs/testing`
 * passes. `register` and the errors that it throws are in `@medvfs/vfs`.
 *
 * @example
 * ```ts
 * import { register, VfsError, walk } from "@medvfs/vfs";
 * import { LEAST, type TransportDriver } from "@medvfs/vfs/driver";
 * import { strict as assert } from "node:assert";
 *
 * const empty: TransportDriver = {
 *   name: "empty",
 *   description: "A directory with nothing in it.",
 *   authors: "The medvfs authors",
 *   version: "0.1.0",
 *   url: "https://jsr.io/@medvfs/vfs",
 *   schemes: ["empty"],
 *   capabilities: LEAST,
 *   permissions: "",
 *   connect: () => ({
 *     capabilities: LEAST,
 *     stat: () => Promise.resolve({ kind: "directory" }),
 *     async *list() {},
 *     get: ({ href }) => Promise.reject(new VfsError("IsADirectory", { op: "read", url: href })),
 *     [Symbol.asyncDispose]: () => Promise.resolve(),
 *   }),
 * };
 * register(empty);
 * assert.equal((await Array.fromAsync(walk("empty://here"))).length, 1);
 * ```
 *
 * @module
 */

export type { ConnectOptions, Place, TransportDriver } from "./vfs/driver.ts";
export type {
  CallOptions,
  ContentCheck,
  FileToPut,
  GetOptions,
  Got,
  GotOne,
  ListedEntry,
  ListOptions,
  NamedSource,
  PutBatch,
  PutManyLimits,
  PutOptions,
  PutOutcome,
  RecursiveOptions,
  RemoveManyOptions,
  ReplaceOptions,
  Transport,
  TreeOptions,
  TreeStep,
} from "./vfs/transport.ts";
export { FOLDERS, LEAST } from "./vfs/capabilities.ts";
export { type LazyDriver, Registry } from "./vfs/registry.ts";
export type { Bytes, ChunkReader, Source } from "./vfs/bytes/bytes.ts";
export {
  collect,
  readerOf,
  readerOfStream,
  sourceOfBlob,
  sourceOfBytes,
  sourceOfStream,
  streamOf,
} from "./vfs/bytes/bytes.ts";
export { type Extent, resolveRange } from "./vfs/bytes/range.ts";
export { type Clock, systemClock } from "./vfs/concurrency/clock.ts";
export { sortByName } from "./vfs/location/names.ts";
export type { Layer } from "./vfs/layers/layer.ts";
export { guard } from "./vfs/layers/guard.ts";
export { limit } from "./vfs/layers/limit.ts";
export { observe } from "./vfs/layers/observe.ts";
export { retry } from "./vfs/layers/retry.ts";
export { stack } from "./vfs/layers/stack.ts";
export { timeout } from "./vfs/layers/timeout.ts";
