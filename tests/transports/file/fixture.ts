/** A `file:` connection over a temporary directory. */

import { join, toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { fileTransport } from "../../../transports/file/mod.ts";
import type { FileTransportOptions } from "../../../transports/file/mod.ts";
import type { ChunkReader, Source } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { type Location, parseLocation } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { ListedEntry, Transport } from "../../../vfs/transport.ts";

/** The options of calls that nobody aborts. */
export const CALL = { signal: NEVER };

/** What a test works with. */
export interface Fixture {
  /** Native path of the temporary directory, no link in it. */
  readonly dir: string;
  /** Everything that `Transport` may have, which this driver has. */
  readonly transport: Required<Omit<Transport, "tree" | "describe">>;
  /** The location of names below the directory. */
  at(...names: string[]): Location;
  /** The native path of names below the directory. */
  path(...names: string[]): string;
  /** Names in the directory, sorted. */
  names(...names: string[]): string[];
}

/** Runs `test` in a temporary directory that is removed afterwards. */
export async function withFixture(
  test: (fixture: Fixture) => Promise<void>,
  options: (dir: string) => FileTransportOptions = () => ({}),
): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  const top = parseLocation(toFileUrl(dir)).location;
  await using transport = connect(options(dir));
  const path = (...names: string[]) => join(dir, ...names);
  try {
    await test({
      dir,
      transport,
      at: (...names) => top.join(...names),
      path,
      names: (...names) => Array.from(Deno.readDirSync(path(...names)), (e) => e.name).sort(),
    });
  } finally {
    await removeSoon(dir);
  }
}

/** Windows removes nothing that somebody has open, such as the system's copy that still runs. */
async function removeSoon(dir: string): Promise<void> {
  for (let left = Deno.build.os === "windows" ? 50 : 0;; left--) {
    try {
      return await Deno.remove(dir, { recursive: true });
    } catch (error) {
      if (left === 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A connection of the driver, with the mount root when given. */
export function connect(
  options: FileTransportOptions = {},
  root?: Location,
): Fixture["transport"] {
  return fileTransport(options).connect({
    origin: parseLocation("file:///").location,
    root,
    credentials: () => Promise.resolve(undefined),
    fetch: () => Promise.reject(new Error("no network here")),
    clock: systemClock,
  }) as Fixture["transport"];
}

/** The error that `promise` rejects with, checked to be of `kind`. */
export async function fails(
  kind: VfsError["kind"],
  promise: Promise<unknown>,
): Promise<VfsError> {
  const error = await promise.then(
    () => assert.fail(`expected ${kind}, but it succeeded`),
    (error: unknown) => error,
  );
  assert(isVfsError(error), `expected ${kind}, got ${String(error)}`);
  assert.equal(error.kind, kind, error.message);
  return error;
}

/** All entries of a listing, sorted by name. */
export async function listAll(
  transport: Transport,
  location: Location,
  detail = false,
): Promise<ListedEntry[]> {
  const pages = await Array.fromAsync(
    transport.list(location, { ...CALL, detail }),
  );
  return pages.flat().sort((a, b) => a.name < b.name ? -1 : 1);
}

/** A source of chunks that counts how often it was opened and closed. */
export function sourceOf(
  chunks: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
  size?: number,
): Source & { opened: number; closed: number } {
  const source = {
    size,
    replayable: true,
    opened: 0,
    closed: 0,
    open(): Promise<ChunkReader> {
      source.opened++;
      const iterator = chunks()[Symbol.asyncIterator]();
      return Promise.resolve({
        read: async () => (await iterator.next()).value,
        async close() {
          source.closed++;
          await iterator.return?.();
        },
      });
    },
  };
  return source;
}

/** Bytes that tell their place. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

/** Why a test cannot run here, printed; `false` when it can. */
export function ignoredWhen(condition: boolean, reason: string): boolean {
  if (condition) console.log(`ignored: ${reason}`);
  return condition;
}

/** Handles that this process has open under `dir`; Linux only. */
export function openHandles(dir: string): number {
  return Array.from(Deno.readDirSync("/proc/self/fd"))
    .filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(dir);
      } catch {
        return false;
      }
    }).length;
}
