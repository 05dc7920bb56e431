/**
 * Transports that do as a test wants, also what no driver should.
 */

import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import { FOLDERS } from "../../vfs/capabilities.ts";
import { type ErrorKind, isVfsError, VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import { Registry } from "../../vfs/registry.ts";
import type { Capabilities, ListedEntry, Transport, TransportDriver } from "../../vfs/transport.ts";
import { Vfs, type VfsOptions } from "../../vfs/vfs.ts";

/** Everything is possible. */
const CAPABLE: Capabilities = { ...FOLDERS, maxConcurrency: 8 };

/** A transport with nothing in it, but for what is given. */
export function fake(
  operations: Partial<Transport>,
  capabilities: Partial<Capabilities> = {},
): Transport {
  const missing = (at: Location, op: string) => new VfsError("NotFound", { op, url: at.href });
  return {
    capabilities: { ...CAPABLE, ...capabilities },
    stat: (at) => Promise.reject(missing(at, "stat")),
    // deno-lint-ignore require-yield
    list: async function* (at) {
      await Promise.resolve();
      throw missing(at, "list");
    },
    get: (at) => Promise.reject(missing(at, "read")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...operations,
  };
}

/** A driver that connects to `transport`. */
export function driverOf(
  transport: Transport | TransportDriver["connect"],
  scheme = "fake",
): TransportDriver {
  const connect = typeof transport === "function" ? transport : () => transport;
  return {
    name: scheme,
    description: "A fake",
    authors: "Nobody",
    version: "1.0.0",
    url: "https://example.org/",
    schemes: [scheme],
    capabilities: CAPABLE,
    permissions: "",
    connect,
  };
}

/** Retries do not wait. */
const EAGER = { random: () => 0 };

/** A filesystem with these drivers. */
export function vfsOf(
  drivers: readonly TransportDriver[],
  options: Partial<VfsOptions> = {},
): Vfs {
  const registry = new Registry();
  for (const driver of drivers) registry.register(driver);
  return new Vfs({ registry, layers: EAGER, ...options });
}

/** A filesystem with `memory:`, and with `fake:` when a transport is given. */
export function memoryVfs(
  transport?: Transport,
  options: Partial<VfsOptions> & { readonly tree?: boolean } = {},
): Vfs {
  const { tree, ...rest } = options;
  const drivers = [memoryTransport({ tree })];
  return vfsOf(transport ? [...drivers, driverOf(transport)] : drivers, rest);
}

/** A driver for `memory:` behind the layers that `wrap` puts on it, under the scheme `fake`. */
export function wrappedMemory(
  wrap: (inner: Transport) => Transport,
  scheme = "fake",
): TransportDriver {
  const memory = memoryTransport();
  return {
    ...memory,
    name: scheme,
    schemes: [scheme],
    connect: async (options) => wrap(await memory.connect(options)),
  };
}

/** A tree of names: a file is its text, a link starts with `->` and names a path from the root. */
export interface Tree {
  readonly [name: string]: string | Tree;
}

/** A read-only transport of `tree`, which counts what is asked of it. */
export function treeTransport(
  tree: Tree,
  capabilities: Partial<Capabilities> = {},
): { transport: Transport; listed: string[]; stated: string[] } {
  const listed: string[] = [];
  const stated: string[] = [];

  /** What a path leads to, all links followed, and where that really is. */
  function follow(segments: readonly string[]): [string | Tree | undefined, string] {
    let node: string | Tree | undefined = tree;
    let real: string[] = [];
    for (const [i, segment] of segments.entries()) {
      if (typeof node !== "object") return [undefined, ""];
      node = node[segment];
      real.push(segment);
      if (typeof node === "string" && node.startsWith("->")) {
        const target: string[] = node.slice(2).split("/").filter((s) => s !== "");
        return follow([...target, ...segments.slice(i + 1)]);
      }
    }
    if (node === undefined) real = [];
    return [node, "/" + real.join("/")];
  }

  const kindOf = (node: string | Tree) => typeof node === "string" ? "file" : "directory";

  function row(name: string, node: string | Tree): ListedEntry {
    if (typeof node !== "string") return { name, kind: "directory" };
    if (!node.startsWith("->")) {
      return { name, kind: "file", info: { kind: "file", size: node.length } };
    }
    const [target] = follow(node.slice(2).split("/").filter((s) => s !== ""));
    return { name, kind: "symlink", target: target === undefined ? undefined : kindOf(target) };
  }

  const need = (at: Location, op: string) => {
    const [node, id] = follow(at.segments);
    if (node === undefined) throw new VfsError("NotFound", { op, url: at.href });
    return [node, id] as const;
  };

  const transport = fake({
    // deno-lint-ignore require-await
    async stat(at) {
      stated.push(at.href);
      const [node, id] = need(at, "stat");
      return { kind: kindOf(node), id };
    },
    async *list(at) {
      await Promise.resolve();
      listed.push(at.href);
      const [node] = need(at, "list");
      if (typeof node === "string") {
        throw new VfsError("NotADirectory", { op: "list", url: at.href });
      }
      const rows = Object.entries(node).map(([name, child]) => row(name, child));
      for (let i = 0; i < rows.length; i += 2) yield rows.slice(i, i + 2);
    },
    // deno-lint-ignore require-await
    async get(at) {
      const [node] = need(at, "read");
      if (typeof node !== "string") {
        throw new VfsError("IsADirectory", { op: "read", url: at.href });
      }
      const body = bytes(node);
      return { info: { kind: "file", size: body.length }, offset: 0, length: body.length, body };
    },
  }, { symlinks: true, range: false, etag: false, ...capabilities });
  return { transport, listed, stated };
}

/** Stores every file of `tree` below `top`. */
export async function plant(vfs: Vfs, top: string, tree: Tree): Promise<void> {
  await vfs.mkdir(top, { recursive: true });
  for (const [name, node] of Object.entries(tree)) {
    const at = at_(top).child(name);
    if (typeof node === "string") await vfs.writeFile(at, node);
    else await plant(vfs, at.href, node);
  }
}

/** All files below `top`: path below it, and text. */
export async function harvest(vfs: Vfs, top: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of vfs.entries(top)) {
    const path = entry.location.segments.slice(at_(top).segments.length).join("/");
    found[entry.isDirectory ? `${path}/` : path] = entry.isDirectory
      ? ""
      : await vfs.readTextFile(entry.url);
  }
  return found;
}

/** The location of a URL. */
export function at_(url: string): Location {
  return parseLocation(url).location;
}

/** UTF-8 of `text`. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A reader of chunks that tells how often it was closed. */
export function readerOfChunks(
  chunks: readonly Uint8Array<ArrayBuffer>[],
): ChunkReader & { closed: number } {
  let next = 0;
  return {
    closed: 0,
    read: () => Promise.resolve(chunks[next++]),
    close() {
      this.closed++;
      return Promise.resolve();
    },
  };
}

/** A promise that never settles, or only by an abort. */
export function hang<T = never>(signal?: AbortSignal): Promise<T> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Checks that `action` fails with an error of `kind`, and gives it. */
export async function rejects(
  action: Promise<unknown> | (() => Promise<unknown>),
  kind: ErrorKind,
): Promise<VfsError> {
  try {
    await (typeof action === "function" ? action() : action);
  } catch (error) {
    assert(isVfsError(error), `not a VfsError: ${Deno.inspect(error)}`);
    assert.equal(error.kind, kind, error.message);
    return error;
  }
  assert.fail(`resolved, and should have failed as ${kind}`);
}

/** Checks that `action` throws an error of `kind`, and gives it. */
export function throws(action: () => unknown, kind: ErrorKind): VfsError {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  assert(isVfsError(caught), `not a VfsError: ${Deno.inspect(caught)}`);
  assert.equal(caught.kind, kind, caught.message);
  return caught;
}

/** Lets everything run that waits for nothing but microtasks and zero timers. */
export async function settle(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The chunks of a reader, as texts. */
export async function texts(reader: ChunkReader | Uint8Array<ArrayBuffer>): Promise<string[]> {
  const all: string[] = [];
  const from = readerOf(reader);
  for (let c = await from.read(); c; c = await from.read()) all.push(new TextDecoder().decode(c));
  return all;
}
