/**
 * Which instances an archive has.
 *
 * @module
 */

import { mapBounded } from "../concurrency/pool.ts";
import type { Entry } from "../entry.ts";
import { isNotFound, isVfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { isThere } from "../presence.ts";
import { instancePlace, toldPlace } from "./instance_place.ts";
import type { Job } from "./plan.ts";
import type { Place } from "../transport.ts";

/** Names that are remembered, of all series together. */
const MOST = 200_000;
/** A series of more is not listed to its end: its instances are asked for one by one. */
const LONGEST = 50_000;
/** So long, in milliseconds, a list is believed: an archive loses instances, and a run may take a day. */
const BELIEVED_MS = 300_000;
/** Headers read, or instances asked for, at the same time. */
const AT_ONCE = 8;

/** The names of a series; `undefined` where the archive does not list all of it. */
type Names = Set<string> | undefined;

/** A list of a series. */
interface Listed {
  readonly names: Promise<Names>;
  readonly begun: number;
}

/** Looks for instances, by one list for each series that stays good for minutes. */
export class ArchiveLook {
  readonly #source: Place;
  readonly #archive: Place;
  readonly #signal: AbortSignal;
  readonly #series = new Map<string, Listed>();
  /** How many names each has. */
  readonly #sizes = new Map<string, number>();
  #size = 0;

  /** Looks in `archive` for files of `source`. */
  constructor(source: Place, archive: Place, signal: AbortSignal) {
    this.#source = source;
    this.#archive = archive;
    this.#signal = signal;
  }

  /** Whether a listing tells which instance a file is, so that none is read to look for it. */
  isTold(file: Entry): boolean {
    return toldPlace(file, this.#archive) !== undefined;
  }

  /** Whether the archive has the instance in a file. Throws what kept it from finding out. */
  async has(file: Entry): Promise<boolean> {
    const place = await this.#placeOf(file);
    if (!place) return false;
    const names = await this.#namesIn(place.parent()!);
    if (names) return names.has(place.name);
    return await isThere({ ...this.#archive, location: place }, this.#signal);
  }

  /** Those of `jobs` whose instances it has not. Throws what kept it from finding out. */
  async missing(jobs: readonly Job[]): Promise<ReadonlySet<Job>> {
    const areThere = await mapBounded(jobs, AT_ONCE, ({ from }) => this.has(from));
    return new Set(jobs.filter((_, i) => !areThere[i]));
  }

  async #placeOf(file: Entry): Promise<Location | undefined> {
    return toldPlace(file, this.#archive) ??
      await instancePlace(
        { ...this.#source, location: file.location },
        this.#archive,
        this.#signal,
      );
  }

  async #namesIn(series: Location): Promise<Names> {
    const key = series.href;
    const kept = this.#series.get(key);
    const now = performance.now();
    if (kept && now - kept.begun < BELIEVED_MS) return await kept.names;
    this.#forget(key);
    const listed = { names: this.#list(series), begun: now };
    this.#series.set(key, listed);
    try {
      this.#keep(key, (await listed.names)?.size ?? 0);
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    return await listed.names;
  }

  #forget(key: string): void {
    this.#size -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    this.#series.delete(key);
  }

  /** The series listed first make room for others. */
  #keep(key: string, size: number): void {
    this.#sizes.set(key, size + 1);
    this.#size += size + 1;
    for (const oldest of this.#sizes.keys()) {
      if (this.#size <= MOST) return;
      this.#forget(oldest);
    }
  }

  async #list(series: Location): Promise<Names> {
    const names = new Set<string>();
    try {
      for await (const page of this.#archive.transport.list(series, { signal: this.#signal })) {
        for (const { name } of page) names.add(name);
        if (names.size > LONGEST) return undefined;
      }
    } catch (error) {
      if (isVfsError(error) && error.kind === "Incomplete") return undefined;
      if (!isNotFound(error)) throw error;
    }
    return names;
  }
}
