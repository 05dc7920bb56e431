/**
 * What was asked and answered.
 *
 * @module
 */

/** One request, as it was answered. */
export interface XnatLogEntry {
  /** Milliseconds since the epoch when it came. */
  readonly time: number;
  /** Method. */
  readonly method: string;
  /** Path below the context, as it came. */
  readonly path: string;
  /** Query as it came, without secrets: values of `password` and tokens are left out. */
  readonly query: string;
  /** The route that it took, `/experiments/{E}/files`; `-` when none did. */
  readonly route: string;
  /** Login name; `guest` for nobody. */
  readonly user: string;
  /** Status of the answer; 0 while it is not there yet. */
  readonly status: number;
  /** Bytes of the request's body so far. */
  readonly bytesIn: number;
  /** Bytes of the answer's body so far. */
  readonly bytesOut: number;
}

/** Sums over requests. */
export interface XnatCounter {
  /** How many. */
  readonly requests: number;
  /** Bytes of requests' bodies. */
  readonly bytesIn: number;
  /** Bytes of answers' bodies. */
  readonly bytesOut: number;
}

/** The log of an emulator. */
export interface XnatRequestLog extends Iterable<XnatLogEntry> {
  /** Requests since the start or the last `clear`; of very many, the last 100,000 or more. */
  readonly entries: readonly XnatLogEntry[];
  /** Requests since then. */
  readonly count: number;
  /** Sums of all, or of those with a method, or with a method and a route, `"GET /projects"`. */
  total(filter?: string | RegExp | ((entry: XnatLogEntry) => boolean)): XnatCounter;
  /** Sums by `METHOD route`. */
  byRoute(): ReadonlyMap<string, XnatCounter>;
  /** Forgets everything. */
  clear(): void;
}

/** An entry while it is being written. */
export type OpenEntry = { -readonly [key in keyof XnatLogEntry]: XnatLogEntry[key] };

/** As many of the last requests are kept at least. */
const LIMIT = 100_000;

/** The log, with the door for whoever writes it. */
export class RequestLog implements XnatRequestLog {
  #entries: OpenEntry[] = [];

  get entries(): readonly XnatLogEntry[] {
    return this.#entries;
  }

  get count(): number {
    return this.#entries.length;
  }

  [Symbol.iterator](): Iterator<XnatLogEntry> {
    return this.#entries[Symbol.iterator]();
  }

  open(entry: OpenEntry): OpenEntry {
    if (this.#entries.length >= 2 * LIMIT) this.#entries = this.#entries.slice(LIMIT);
    this.#entries.push(entry);
    return entry;
  }

  total(filter?: string | RegExp | ((entry: XnatLogEntry) => boolean)): XnatCounter {
    const sum = { requests: 0, bytesIn: 0, bytesOut: 0 };
    for (const entry of this.#entries) {
      if (filter === undefined || matches(entry, filter)) add(sum, entry);
    }
    return sum;
  }

  byRoute(): ReadonlyMap<string, XnatCounter> {
    const sums = new Map<string, { requests: number; bytesIn: number; bytesOut: number }>();
    for (const entry of this.#entries) {
      const key = `${entry.method} ${entry.route}`;
      const sum = sums.get(key) ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
      sums.set(key, sum);
      add(sum, entry);
    }
    return sums;
  }

  clear(): void {
    this.#entries = [];
  }
}

function add(
  sum: { requests: number; bytesIn: number; bytesOut: number },
  entry: XnatLogEntry,
): void {
  sum.requests++;
  sum.bytesIn += entry.bytesIn;
  sum.bytesOut += entry.bytesOut;
}

/** Whether an entry is meant: by method, by `METHOD route`, by a pattern over `METHOD path`, by a test. */
function matches(
  entry: XnatLogEntry,
  filter: string | RegExp | ((entry: XnatLogEntry) => boolean),
): boolean {
  if (typeof filter === "function") return filter(entry);
  if (typeof filter === "string") {
    return filter === entry.method || filter === `${entry.method} ${entry.route}`;
  }
  return filter.test(`${entry.method} ${entry.path}`);
}
