/** Callers that change one zip at the same time, with faults and aborts, held to what each was told. @module */

import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import { memoryTransport } from "../../../testing/mod.ts";
import { seededBytes, seededRandom } from "../../../testing/random.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { readerOf } from "../../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import type { Location } from "../../../vfs/location/location.ts";
import type { Transport, TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { vfsOf } from "../../vfs/_fakes.ts";

type Content = Uint8Array<ArrayBuffer>;
/** What may be at a path; `undefined` stands for nothing. */
type Allowed = Map<string, readonly (string | undefined)[]>;

const MIB = 2 ** 20;
const CALLERS = 3;

/** What goes wrong, and when callers give up. */
class Trouble {
  readonly #random: () => number;
  readonly #stops: { left: number; readonly stop: AbortController }[] = [];
  isOn = true;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** A signal that is aborted after some pieces of the archive were stored. */
  stopping(): AbortSignal {
    const stop = new AbortController();
    this.#stops.push({ left: Math.floor(this.#random() * 30), stop });
    return stop.signal;
  }

  #count(): void {
    for (const each of this.#stops) if (each.left-- === 0) each.stop.abort();
  }

  /** `inner`, with archives that fail now and then, also once they are stored. */
  wrap(inner: Transport): Transport {
    const fail = (op: string, at: Location, often = 0.02) => {
      if (!this.isOn || !at.name.endsWith(".zip") || this.#random() >= often) return;
      const kind = this.#random() < 0.3 ? "PermissionDenied" : "Unavailable";
      throw new VfsError(kind, { op, url: at.href });
    };
    return {
      ...inner,
      async get(at, o) {
        fail("read", at);
        return await inner.get(at, o);
      },
      put: async (at, source, o) => {
        fail("write", at);
        const open = async () => {
          const reader = readerOf(await source.open());
          return {
            read: async () => {
              if (at.name.endsWith(".zip")) this.#count();
              fail("write", at, 0.002);
              return await reader.read();
            },
            close: (reason?: unknown) => reader.close(reason),
          };
        };
        const stored = await inner.put!(at, { ...source, open }, o);
        fail("write", at);
        return stored;
      },
    };
  }
}

/** One caller: nobody else changes what is in its folder. */
class Caller {
  readonly #vfs: Vfs;
  readonly #zip: string;
  readonly #top: string;
  readonly #random: () => number;
  readonly #trouble: Trouble;
  #there = new Map<string, string>();
  #seed: number;

  constructor(vfs: Vfs, zip: string, name: string, seed: number, trouble: Trouble) {
    this.#vfs = vfs;
    this.#zip = zip;
    this.#top = name;
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#trouble = trouble;
  }

  /** What it has in the archive. */
  get there(): ReadonlyMap<string, string> {
    return new Map([...this.#there].map(([path, text]) => [`${this.#top}/${path}`, text]));
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const does = this.#pick([
        () => this.#write(),
        () => this.#remove(),
        () => this.#rename(),
        () => this.#transfer("copy"),
        () => this.#transfer("move"),
        () => this.#transfer("sync"),
        () => this.#moveOut(),
      ]);
      await does();
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #path(): string {
    return this.#pick(["a", "b", "d/a", "d/b", "d/e/a", "e", "e/a", "s/x", "s/y/z"]);
  }

  #content(): Content {
    const size = this.#pick([0, 1, 100, 5000, 5000, 70_000, MIB + 1]);
    return this.#random() < 0.5 ? seededBytes(this.#seed++, size) : new Uint8Array(size);
  }

  #url(path: string): string {
    return path === "" ? `${this.#zip}/${this.#top}` : `${this.#zip}/${this.#top}/${path}`;
  }

  #signal(): AbortSignal | undefined {
    return this.#random() < 0.2 ? this.#trouble.stopping() : undefined;
  }

  async #write(): Promise<void> {
    const [path, content] = [this.#path(), this.#content()];
    const error = await caught(
      this.#vfs.writeFile(this.#url(path), content, { signal: this.#signal() }),
    );
    const now = sumOf(content);
    await this.#check(new Map([[path, error ? [this.#there.get(path), now] : [now]]]));
  }

  async #remove(): Promise<void> {
    const path = this.#pick([this.#path(), "d", "s"]);
    const error = await caught(
      this.#vfs.remove(this.#url(path), { recursive: true, signal: this.#signal() }),
    );
    const allowed: Allowed = new Map();
    for (const [each, text] of this.#there) {
      if (isAt(each, path)) allowed.set(each, error ? [text, undefined] : [undefined]);
    }
    await this.#check(allowed);
  }

  async #rename(): Promise<void> {
    const [from, to] = [this.#path(), this.#path()];
    const error = await caught(
      this.#vfs.move(this.#url(from), this.#url(to), { signal: this.#signal() }),
    );
    const moved: Allowed = new Map();
    for (const [each, text] of this.#there) {
      if (!isAt(each, from)) continue;
      moved.set(each, [undefined]);
      moved.set(to + each.slice(from.length), [text]);
    }
    if (!error && from !== to) return await this.#check(moved);
    const left = await this.#read();
    // All of it or nothing.
    const isMoved = error && isSame(left, this.#after(moved));
    await this.#check(isMoved ? moved : new Map(), left);
  }

  /** Files from elsewhere, into a folder. */
  async #transfer(op: "copy" | "move" | "sync"): Promise<void> {
    const into = this.#pick(["s", "d"]);
    const folder = `memory:///${this.#top}/${this.#seed++}`;
    const files = new Map<string, string>();
    for (let i = Math.ceil(this.#random() * 6); i > 0; i--) {
      const name = this.#pick(["x", "y/z", "a", "b", "e/a", `n${i}`]);
      const content = this.#content();
      await this.#vfs.writeFile(`${folder}/${name}`, content);
      files.set(name, sumOf(content));
    }
    const done = new Set<string>();
    const options = {
      signal: this.#signal(),
      onOutcome: ({ from, result }: { readonly from: string; readonly result: string }) => {
        if (result === "done") done.add(from);
      },
    };
    const error = await caught(
      op === "sync"
        ? this.#vfs.sync(folder, this.#url(into), { ...options, delete: true, compare: "checksum" })
        : this.#vfs[op](folder, this.#url(into), { ...options, existing: "replace" }),
    );
    const allowed: Allowed = new Map();
    for (const [name, text] of files) {
      const path = `${into}/${name}`;
      const isDone = !error || done.has(`${folder}/${name}`);
      allowed.set(path, isDone ? [text] : [this.#there.get(path), text]);
      if (op !== "move") continue;
      const isLeft = await this.#vfs.exists(`${folder}/${name}`);
      assert.equal(isLeft && isDone, false, `${name} is moved, and still there`);
      if (!isLeft) allowed.set(path, [text]);
    }
    for (const [path, text] of this.#there) {
      if (op !== "sync" || allowed.has(path) || !path.startsWith(`${into}/`)) continue;
      const isGone = !error || done.has(this.#url(path));
      allowed.set(path, isGone ? [undefined] : [text, undefined]);
    }
    await this.#check(allowed);
  }

  async #moveOut(): Promise<void> {
    const from = this.#pick(["", "d", "s", "e"]);
    const to = `memory:///${this.#top}/${this.#seed++}`;
    const done = new Set<string>();
    const error = await caught(this.#vfs.move(this.#url(from), to, {
      signal: this.#signal(),
      onOutcome: (outcome) => {
        if (outcome.result === "done") done.add(outcome.from);
      },
    }));
    const allowed: Allowed = new Map();
    const left = await this.#read();
    for (const [path, text] of this.#there) {
      if (!isAt(path, from)) continue;
      const isGone = !error || done.has(this.#url(path));
      allowed.set(path, isGone ? [undefined] : [text, undefined]);
      if (left.has(path)) continue;
      const out = path === from ? to : `${to}/${path.slice(from === "" ? 0 : from.length + 1)}`;
      assert.equal(sumOf(await this.#vfs.readFile(out)), text, `${path} is lost`);
    }
    await this.#check(allowed, left);
  }

  #after(changes: Allowed): Map<string, string> {
    const after = new Map(this.#there);
    for (const [path, [text]] of changes) {
      if (text === undefined) after.delete(path);
      else after.set(path, text);
    }
    return after;
  }

  /** What is there is what `allowed` has, and as it was elsewhere. */
  async #check(allowed: Allowed, now?: Map<string, string>): Promise<void> {
    now ??= await this.#read();
    for (const path of new Set([...now.keys(), ...this.#there.keys(), ...allowed.keys()])) {
      const may = allowed.get(path) ?? [this.#there.get(path)];
      assert(may.includes(now.get(path)), `${this.#top}/${path}: ${now.get(path)}, not ${may}`);
    }
    this.#there = now;
  }

  async #read(): Promise<Map<string, string>> {
    // Reading has the faults of the archive, which others change meanwhile.
    for (;;) {
      try {
        return await contentOf(this.#vfs, this.#zip, this.#top);
      } catch (error) {
        if (
          !isVfsError(error) ||
          !["PermissionDenied", "Unavailable", "ConditionFailed"].includes(error.kind)
        ) {
          throw error;
        }
      }
    }
  }
}

async function contentOf(vfs: Vfs, zip: string, top: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const [root, , files] of vfs.walk(`${zip}/${top}`)) {
      for (const { name, url } of files) {
        const path = `${root}/${name}`.slice(`${zip}/${top}/`.length);
        found.set(path, sumOf(await vfs.readFile(url)));
      }
    }
  } catch (error) {
    if (!isVfsError(error) || error.kind !== "NotFound") throw error;
  }
  return found;
}

function isAt(path: string, top: string): boolean {
  return top === "" || path === top || path.startsWith(`${top}/`);
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && a.entries().every(([path, text]) => b.get(path) === text);
}

async function caught(action: Promise<unknown>): Promise<VfsError | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    if (isVfsError(error)) return error;
    throw error;
  }
}

/** Tells contents apart. */
function sumOf(content: Content): string {
  return `${content.length}-${crc32(content)}`;
}

/** Several callers change a zip at `place` for some steps; gives what must be in it then. */
export async function fuzz(
  seed: number,
  steps: number,
  place: "memory:///a.zip" | `file://${string}`,
): Promise<{ readonly there: ReadonlyMap<string, string>; readonly bytes: Content | undefined }> {
  const trouble = new Trouble(seededRandom(seed));
  const driver = place.startsWith("file:") ? fileTransport() : memoryTransport();
  const faulty: TransportDriver = {
    ...driver,
    connect: async (options) => trouble.wrap(await driver.connect(options)),
  };
  const other = driver.name === "file" ? [memoryTransport()] : [];
  await using vfs = vfsOf([faulty, ...other, zipTransport()]);
  const zip = `zip://${encodeURIComponent(place)}`;
  const callers = Array.from(
    { length: CALLERS },
    (_, i) => new Caller(vfs, zip, `c${i}`, seed * CALLERS + i, trouble),
  );
  await Promise.all(callers.map((caller) => caller.run(steps)));
  trouble.isOn = false;
  const there = new Map(callers.flatMap((caller) => [...caller.there]));
  const isThere = await vfs.exists(place);
  if (!isThere) assert.equal(there.size, 0);
  for (const [i, caller] of callers.entries()) {
    const own = await contentOf(vfs, zip, `c${i}`);
    assert.deepEqual(
      new Map([...own].map(([path, text]) => [`c${i}/${path}`, text])),
      caller.there,
    );
  }
  return { there, bytes: isThere ? await vfs.readFile(place) : undefined };
}
