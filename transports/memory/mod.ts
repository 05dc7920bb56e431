/**
 * The `memory:` transport: the reference that all other drivers are compared with.
 *
 * @module
 */

import { FOLDERS } from "../../vfs/capabilities.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type {
  Capabilities,
  ConnectOptions,
  Transport,
  TransportDriver,
} from "../../vfs/transport.ts";
import { copy, mkdir, remove, rename } from "./change.ts";
import { list, tree } from "./list.ts";
import { read } from "./read.ts";
import { infoOf, Store } from "./store.ts";
import { put } from "./write.ts";

/** Options of {@linkcode memoryTransport}. */
export interface MemoryOptions {
  /** List whole trees at once. @default {true} */
  readonly tree?: boolean;
  /** Time of modifications; otherwise that of the connection. */
  readonly clock?: Clock;
}

/**
 * Makes a driver that keeps everything in memory.
 *
 * Each host is a store of its own, made empty when first connected to. The stores live as long as the driver:
 * disposing a connection leaves them, and connecting again finds them. Another driver has other stores.
 *
 * @example
 * ```ts
 * import { memoryTransport } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(memoryTransport().schemes, ["memory"]);
 * ```
 */
export function memoryTransport(options: MemoryOptions = {}): TransportDriver {
  const stores = new Map<string, Store>();
  const capabilities: Capabilities = {
    ...FOLDERS,
    keepsTimes: 1,
    putsIfMatch: true,
    tree: options.tree ?? true,
    removeTree: true,
    maxConcurrency: 64,
  };
  return {
    name: "memory",
    description: "Files in the memory of this process",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["memory"],
    capabilities,
    permissions: "",
    connect(connect) {
      const { origin } = connect.origin;
      const store = stores.get(origin) ?? new Store();
      stores.set(origin, store);
      const clock = options.clock ?? connect.clock;
      return transportOf(store, capabilities, { ...connect, clock });
    },
  };
}

function transportOf(
  store: Store,
  capabilities: Capabilities,
  { clock, root }: ConnectOptions,
): Transport {
  let disposed = false;
  const now = () => clock.now();

  function enter(op: string, at: Location): void {
    if (!disposed) return;
    throw new VfsError("Unavailable", {
      op,
      url: at.href,
      reason: "the connection was closed",
      status: "permanent",
    });
  }

  /** The root of the mount stays, as the root of the store does. */
  function enterToReplace(op: string, at: Location): void {
    enter(op, at);
    if (!root || !at.contains(root)) return;
    throw new VfsError("PermissionDenied", { op, url: at.href });
  }

  return {
    capabilities,
    // deno-lint-ignore require-await
    async stat(at, { signal }) {
      enter("stat", at);
      throwIfAborted(signal, "stat", at.href);
      return infoOf(store.need(at, "stat"));
    },
    async *list(at, o) {
      enter("list", at);
      yield* list(store, at, o);
    },
    // deno-lint-ignore require-await
    async get(at, o) {
      enter("read", at);
      return read(store, at, o);
    },
    async put(at, source, o) {
      enterToReplace("write", at);
      return await put(store, at, source, { ...o, now });
    },
    // deno-lint-ignore require-await
    async remove(at, o) {
      enterToReplace("remove", at);
      remove(store, at, o);
    },
    // deno-lint-ignore require-await
    async mkdir(at, o) {
      enter("mkdir", at);
      mkdir(store, at, o);
    },
    // deno-lint-ignore require-await
    async rename(from, to, o) {
      enterToReplace("rename", from);
      enterToReplace("rename", to);
      rename(store, from, to, o);
    },
    // deno-lint-ignore require-await
    async copy(from, to, o) {
      enter("copy", from);
      enterToReplace("copy", to);
      return copy(store, from, to, o);
    },
    ...(capabilities.tree && {
      async *tree(at: Location, o: Parameters<Transport["list"]>[1]) {
        enter("list", at);
        yield* tree(store, at, o);
      },
    }),
    [Symbol.asyncDispose]() {
      disposed = true;
      return Promise.resolve();
    },
  };
}
