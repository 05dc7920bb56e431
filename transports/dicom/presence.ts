/**
 * Whether the archive has an instance that is about to be stored.
 *
 * @module
 */

import type { FileMeta } from "../../formats/mod.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Catalogue } from "./catalogue.ts";
import { Memo } from "./memo.ts";
import { isUID } from "./names.ts";
import { keyOf } from "./place.ts";

/** What is there of a series; `undefined` where the archive does not list all of it. */
type Present = Set<string> | undefined;

/** A look, and until when whoever began it waits. */
interface Look {
  readonly present: Promise<Present>;
  readonly signal: AbortSignal;
}

/** How long an answer is believed, in milliseconds, and for how many series: long enough for a folder of files. */
const LOOK_MS = 5_000;
const MAX_SERIES = 64;

/** Looks before storing: one C-FIND for each series, shared by its instances. */
export class Presence {
  readonly #catalogue: Catalogue;
  readonly #series: Memo<Look>;
  /** Instances on their way, so that of two files with one instance the second is refused. */
  readonly #underWay = new Set<string>();

  /** Asks nothing yet. */
  constructor(catalogue: Catalogue, clock: Clock) {
    this.#catalogue = catalogue;
    this.#series = new Memo(clock, LOOK_MS, MAX_SERIES);
  }

  /**
   * Runs `store` unless the archive has the instance, or it is on its way.
   *
   * @throws `AlreadyExists`; `NotSupported` for an instance without study or series, and an archive without C-FIND
   */
  async unless<T>(meta: FileMeta, ask: Ask, store: () => Promise<T>): Promise<T> {
    const { sopInstanceUID: uid } = meta;
    const place = placeOf(meta, ask);
    const present = await this.#find(place, ask);
    const isThere = present ? present.has(uid) : await this.#has({ ...place, instance: uid }, ask);
    if (isThere || this.#underWay.has(uid)) throw exists(uid, ask);
    this.#underWay.add(uid);
    try {
      const stored = await store();
      present?.add(uid);
      return stored;
    } finally {
      this.#underWay.delete(uid);
    }
  }

  async #find(place: SeriesPlace, ask: Ask): Promise<Present> {
    const key = keyOf(place);
    const kept = this.#series.get(key);
    if (kept) {
      try {
        return await orAborted(kept.present, ask.signal, ask.op, ask.url);
      } catch (error) {
        // Whoever asked may have gone.
        if (ask.signal.aborted || !kept.signal.aborted) throw error;
        return await this.#find(place, ask);
      }
    }
    const present = this.#list(place, ask);
    this.#series.set(key, { present, signal: ask.signal });
    present.catch(() => this.#series.delete(key));
    return await present;
  }

  async #list(place: SeriesPlace, ask: Ask): Promise<Present> {
    const present = new Set<string>();
    try {
      for await (const page of this.#catalogue.images(await this.#rooted(place, ask), ask)) {
        for (const { id } of page) present.add(id);
      }
      return present;
    } catch (error) {
      if (isVfsError(error) && error.kind === "Incomplete") return undefined;
      throw error;
    }
  }

  async #has(place: SeriesPlace & { readonly instance: string }, ask: Ask): Promise<boolean> {
    return await this.#catalogue.one("IMAGE", await this.#rooted(place, ask), ask) !== undefined;
  }

  /** Without the patient where that can be: archives change a PatientID more readily than a UID. */
  async #rooted<T extends SeriesPlace>(place: T, ask: Ask): Promise<T> {
    const models = await this.#catalogue.client.models(ask);
    return models.has("study") ? { ...place, patient: undefined } : place;
  }
}

interface SeriesPlace {
  readonly patient?: string;
  readonly study: string;
  readonly series: string;
}

function placeOf({ header, sopInstanceUID }: FileMeta, { op, url }: Ask): SeriesPlace {
  const study = header.string("StudyInstanceUID") ?? "";
  const series = header.string("SeriesInstanceUID") ?? "";
  if (isUID(study) && isUID(series)) {
    return { patient: header.string("PatientID"), study, series };
  }
  const reason = `instance ${sopInstanceUID} names no study and series to look for it`;
  throw new VfsError("NotSupported", { op, url, reason });
}

function exists(uid: string, { op, url }: Ask): VfsError {
  return new VfsError("AlreadyExists", { op, url, reason: `the archive has instance ${uid}` });
}
