/**
 * What earlier runs did, in an append-only file of JSON lines, for pairs of places that cannot be compared otherwise.
 *
 * @module
 */

import { readerOf, sourceOfBytes } from "../bytes.ts";
import type { Resolved } from "../connections.ts";
import { FunctionNotSupported, isNotFound, VfsError } from "../errors.ts";
import type { Info } from "../transport.ts";

/** The part of {@linkcode Info} that tells one version of a file from another. */
export interface Fingerprint {
  readonly size?: number;
  /** Milliseconds since the epoch. */
  readonly mtime?: number;
  readonly etag?: string;
  readonly digests?: Info["digests"];
}

/** One file that was copied, or found to be the same. */
interface Line {
  readonly path: string;
  readonly source: Fingerprint;
  readonly stored: Fingerprint;
}

const VERSION = 1;
/** ASCII CAN ends a line that a killed run left unfinished. */
const CANCEL = "\x18";
/** A line holds a path and two fingerprints. */
const MAX_LINE = 64 * 1024;

/** What a journal gets to work with. */
export interface JournalOptions {
  /** The source, without credentials. */
  readonly from: string;
  /** The destination, without credentials. */
  readonly to: string;
  /** Aborts. */
  readonly signal: AbortSignal;
  /** A damaged journal stays where it is. */
  readonly isReadOnly: boolean;
  /** Told when a journal is set aside. */
  readonly onNote: (text: string) => void;
}

/** A journal, read when it is first asked. */
export class Journal {
  readonly #at: Resolved;
  readonly #options: JournalOptions;
  #lines: Promise<Map<string, Line>> | undefined;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #isTorn = false;

  constructor(at: Resolved, options: JournalOptions) {
    const { transport, location } = at;
    if (!transport.put || !transport.capabilities.append) {
      throw new FunctionNotSupported(location.scheme, "sync", location.href, "a journal there");
    }
    this.#at = at;
    this.#options = options;
  }

  /**
   * Whether the file at `path` was copied, and neither side has changed since.
   *
   * `isNamedByContent` says that a source of which nothing is told is known by its path alone, as an instance of DICOM
   * is; `target` is absent where a destination cannot be listed.
   */
  async knows(
    path: string,
    source: Info | undefined,
    target: Info | undefined,
    isNamedByContent: boolean,
  ): Promise<boolean> {
    const line = (await this.#load()).get(path);
    if (!line) return false;
    const now = fingerprintOf(source);
    const isSource = isEmpty(now) && isEmpty(line.source)
      ? isNamedByContent
      : agree(now, line.source);
    return isSource && (target === undefined || agree(fingerprintOf(target), line.stored));
  }

  /** Remembers a file. It is written soon, and at the latest by {@linkcode Journal.close}. */
  async add(path: string, source: Info | undefined, stored: Info): Promise<void> {
    const lines = await this.#load();
    const line = { path, source: fingerprintOf(source), stored: fingerprintOf(stored) };
    lines.set(path, line);
    this.#pending.push(JSON.stringify(line));
    this.#write();
    if (this.#failure) throw this.#failure;
  }

  /** Waits until all is written. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  /** What keeps it from being read or written; then nothing more should be done that it cannot remember. */
  get failure(): unknown {
    return this.#failure;
  }

  #load(): Promise<Map<string, Line>> {
    return this.#lines ??= this.#read().catch((error) => {
      this.#failure = error;
      throw error;
    });
  }

  async #read(): Promise<Map<string, Line>> {
    const { transport, location } = this.#at;
    const { signal, onNote, from, to } = this.#options;
    const header = JSON.stringify({ journal: "medvfs sync", version: VERSION, from, to });
    const lines = new Map<string, Line>();
    let isBegun = false;
    try {
      const { body } = await transport.get(location, { signal });
      for await (const { text, isWhole } of linesOf(readerOf(body))) {
        if (!isWhole) this.#isTorn = true;
        else if (text.endsWith(CANCEL)) continue;
        else if (!isBegun) {
          if (text !== header) throw new SyntaxError("it is of other places, or no journal");
          isBegun = true;
        } else {
          const line = parseLine(text);
          lines.set(line.path, line);
        }
      }
    } catch (error) {
      if (!isNotFound(error) && !(error instanceof SyntaxError)) throw error;
      if (error instanceof SyntaxError) {
        if (!this.#options.isReadOnly) await this.#setAside();
        onNote(`the journal "${location.href}" is not used: ${error.message}`);
      }
      lines.clear();
      isBegun = false;
      this.#isTorn = false;
    }
    if (!isBegun) this.#pending.unshift(header);
    return lines;
  }

  async #setAside(): Promise<void> {
    const { transport, location } = this.#at;
    const { signal } = this.#options;
    const aside = location.parent()!.child(`${location.name}.damaged`);
    if (!transport.rename) {
      throw new VfsError("Corrupt", { op: "read", url: location.href });
    }
    await transport.rename(location, aside, { overwrite: true, signal });
  }

  /** Writes what has come together, one piece after the other. */
  #write(): void {
    if (this.#writing || this.#failure || this.#pending.length === 0) return;
    const start = this.#isTorn ? `${CANCEL}\n` : "";
    this.#isTorn = false;
    const bytes = new TextEncoder().encode(`${start}${this.#pending.join("\n")}\n`);
    this.#pending = [];
    const { transport, location } = this.#at;
    // Also what was done before an abort is remembered.
    const signal = new AbortController().signal;
    this.#writing = transport.put!(location, sourceOfBytes(bytes), { mode: "append", signal })
      .then(() => {}, (error) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#writing = undefined;
        this.#write();
      });
  }
}

function fingerprintOf(info: Info | undefined): Fingerprint {
  const { size, mtime, etag, digests } = info ?? {};
  return {
    size,
    mtime: mtime?.getTime(),
    etag,
    digests: digests && Object.keys(digests).length > 0 ? digests : undefined,
  };
}

function isEmpty({ size, mtime, etag, digests }: Fingerprint): boolean {
  return [size, mtime, etag, digests].every((part) => part === undefined);
}

/** Whether two fingerprints are of the same version: something strong must be the same, and nothing differ. */
function agree(a: Fingerprint, b: Fingerprint): boolean {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false;
  for (const [name, value] of Object.entries(a.digests ?? {})) {
    const other = b.digests?.[name as keyof typeof b.digests];
    if (other !== undefined) return other === value;
  }
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  return a.size !== undefined && a.size === b.size && a.mtime !== undefined && a.mtime === b.mtime;
}

/** @throws `SyntaxError` */
function parseLine(text: string): Line {
  const line: unknown = JSON.parse(text);
  const isLine = typeof line === "object" && line !== null && "path" in line &&
    typeof line.path === "string" && "source" in line && isFingerprint(line.source) &&
    "stored" in line && isFingerprint(line.stored);
  if (!isLine) throw new SyntaxError("a line is none of a journal");
  return line as Line;
}

function isFingerprint(value: unknown): value is Fingerprint {
  if (typeof value !== "object" || value === null) return false;
  const { size, mtime, etag, digests } = value as Record<string, unknown>;
  const isOptional = (part: unknown, type: string) => part === undefined || typeof part === type;
  return isOptional(size, "number") && isOptional(mtime, "number") && isOptional(etag, "string") &&
    isOptional(digests, "object") && digests !== null &&
    Object.values(digests ?? {}).every((one) => typeof one === "string");
}

/** The lines of a body; the last may have no end. @throws `SyntaxError` for one that is too long or no UTF-8 */
async function* linesOf(
  reader: ReturnType<typeof readerOf>,
): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  try {
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop()!;
      if (rest.length > MAX_LINE) throw new SyntaxError("a line is too long");
      for (const text of parts) yield { text, isWhole: true };
    }
    rest += decoder.decode();
    if (rest !== "") yield { text: rest, isWhole: false };
  } finally {
    await reader.close();
  }
}
