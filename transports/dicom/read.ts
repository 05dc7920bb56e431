/**
 * Instances as files: out of the retrieval of their series, or by a C-GET of their own.
 *
 * @module
 */

import { encodeFileMeta } from "../../formats/dicom/file_meta.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Got } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Instances, keyOf, type Place } from "./place.ts";
import type { Model } from "./client.ts";
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  ServiceFailed,
} from "./dimse/mod.ts";
import { identified } from "./identity.ts";
import { Landing } from "./landing.ts";
import { infoOf, type Row, textOf } from "./model.ts";
import { readBehind } from "./read_behind.ts";
import { placeOf } from "./resolve.ts";
import type { Retriever } from "./retrieve.ts";
import { type Arrival, SeriesRetrieval } from "./series_retrieval.ts";
import { instanceAt, stat } from "./stat.ts";
import type { Spool } from "./spool.ts";

/** What a reader is made with. */
export interface ReaderOptions {
  /** What is there. */
  readonly catalogue: Catalogue;
  /** How to retrieve. */
  readonly retriever: Retriever;
  /** Room on disk. */
  readonly spool: Spool;
  /** Time. */
  readonly clock: Clock;
  /** Series at once. */
  readonly maxSeries: number;
  /** When a series that nobody reads is given up, in milliseconds. */
  readonly idleMs: number;
}

/** An instance, and where it is. */
interface Located {
  readonly row: Row;
  readonly place: Place & { readonly series: string; readonly instance: string };
}

/** What may come after a reader has left, before the association is given up, in bytes and in milliseconds. */
const REST = 1_048_576;
const REST_MS = 300;
/** Up to here, in bytes, a file that has come is given as one array. */
const SMALL = 262_144;

/** Reads the instances of one archive. */
export class InstanceReader {
  readonly #options: ReaderOptions;
  readonly #series = new Map<string, SeriesRetrieval>();
  /** All that are under way, also those that were cancelled and have yet to end. */
  readonly #retrievals = new Set<SeriesRetrieval>();
  /** What ends each instance that comes by itself. */
  readonly #alone = new Set<() => Promise<void>>();
  /** Listings that a series was retrieved for: each is good for one. */
  readonly #used = new WeakSet<Instances>();

  /** Reads nothing yet. */
  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Implements `get`. @throws `NotFound`, `IsADirectory`, `NotSupported` without C-GET and receiver */
  async get(address: Address, ask: Ask): Promise<Got> {
    const { catalogue } = this.#options;
    if (address.level !== "instance") {
      await stat(catalogue, address, ask);
      throw new VfsError("IsADirectory", { op: ask.op, url: ask.url });
    }
    const located = await this.#locate(address, ask);
    const arrival = await this.#ofSeries(located, ask) ?? await this.#byItself(located, ask);
    return {
      info: infoOf("IMAGE", located.row),
      offset: 0,
      ...await fileOf(arrival, address.called, ask),
    };
  }

  /** Ends what is under way, and settles when it has. */
  async dispose(): Promise<void> {
    const retrievals = [...this.#retrievals].map((each) => each.dispose());
    await Promise.all([...retrievals, ...[...this.#alone].map((end) => end())]);
    this.#series.clear();
    this.#retrievals.clear();
  }

  /** The instance; without asking when a listing told its class, be it a while ago, since that does not change. */
  async #locate(address: Address, ask: Ask): Promise<Located> {
    const { catalogue } = this.#options;
    const { series = "", instance = "", ...above } = await placeOf(catalogue, address, ask);
    const place = { ...above, series, instance };
    const SOPClassUID = catalogue.listed.get(keyOf({ study: above.study, series }))?.get(instance);
    const isTold = SOPClassUID !== undefined && !catalogue.kept(place);
    const row = isTold
      ? { id: instance, attributes: { SOPInstanceUID: instance, SOPClassUID } }
      : await instanceAt(catalogue, place, ask);
    return { row, place };
  }

  /** Out of its series, when that was listed and so is probably being walked. */
  async #ofSeries({ place }: Located, ask: Ask): Promise<Arrival | undefined> {
    const { catalogue } = this.#options;
    for (const [key, each] of this.#series) if (each.isDone) this.#series.delete(key);
    for (const each of this.#retrievals) {
      if (each.isDone && each.isOver) this.#retrievals.delete(each);
    }
    const key = keyOf({ study: place.study, series: place.series });
    // Asked before, so that nothing comes between looking and beginning.
    const model = await catalogue.model(place, ask);
    const retrieval = this.#series.get(key) ?? this.#begin(key, place, model, ask);
    return await retrieval?.claim(place.instance, ask);
  }

  #begin(
    key: string,
    place: Located["place"],
    model: Model,
    ask: Ask,
  ): SeriesRetrieval | undefined {
    const { catalogue, spool, maxSeries, retriever, clock, idleMs } = this.#options;
    const instances = catalogue.listed.get(key);
    if (!instances?.has(place.instance) || instances.size < 2 || this.#used.has(instances)) return;
    const busy = [...this.#retrievals].filter((each) => !each.isOver).length;
    if (busy >= maxSeries || !spool.isUsable) return undefined;
    this.#used.add(instances);
    const retrieval = new SeriesRetrieval({
      retriever,
      spool,
      clock,
      place: { ...place, instance: undefined },
      model,
      instances,
      url: ask.url,
      isOnly: catalogue.client.pool.limit === 1,
      idleMs,
    });
    this.#series.set(key, retrieval);
    this.#retrievals.add(retrieval);
    return retrieval;
  }

  async #byItself({ place, row }: Located, ask: Ask): Promise<Arrival> {
    const { catalogue, retriever, spool, clock } = this.#options;
    const { instance: uid } = place;
    const { op, url } = ask;
    const model = await catalogue.model(place, ask);
    const left = new AbortController();
    const leave = () =>
      left.abort(new VfsError("Aborted", { op, url, reason: "the reader has left" }));
    const arrived = Promise.withResolvers<Arrival>();
    let stopTimer = () => {};
    let isHere = false;
    const job = retriever.run({
      place,
      model,
      classes: [textOf(row, "SOPClassUID")].filter((uid) => uid !== ""),
      wants: (sopInstanceUID) => sopInstanceUID === uid && !isHere,
      onInstance(instance) {
        isHere = true;
        const landing = new Landing({
          spool,
          clock,
          url,
          settled: () => settled,
          onLeft(bytes) {
            if (bytes > REST) leave();
            else if (bytes === 0 && !landing.isOver) stopTimer = clock.schedule(leave, REST_MS);
          },
        });
        arrived.resolve({ instance, landing });
        return landing.sink;
      },
    }, { ...ask, signal: AbortSignal.any([ask.signal, left.signal]) });
    // What comes after the instance is complete does not change that it is.
    const settled = job.catch(() => {}).finally(() => {
      stopTimer();
      this.#alone.delete(end);
    });
    const end = () => {
      left.abort(closed(ask));
      return settled;
    };
    this.#alone.add(end);
    job.then(
      () => arrived.reject(missing(uid, ask)),
      (error) => arrived.reject(failed(uid, error, ask)),
    );
    return await arrived.promise;
  }
}

function closed({ op, url }: Ask): VfsError {
  const reason = "the connection was closed";
  return new VfsError("Unavailable", { op, url, reason, status: "permanent" });
}

/** The archive said that it has it, and did not send it. */
function missing(uid: string, { op, url }: Ask): VfsError {
  const reason = `the archive sent nothing for instance ${uid}`;
  return new VfsError("NotFound", { op, url, reason });
}

/** What the archive could not send, by name. */
function failed(uid: string, error: unknown, { op, url }: Ask): unknown {
  if (!(error instanceof ServiceFailed)) return error;
  const { kind, meaning, code, comment } = error;
  const status = `status ${code.toString(16).toUpperCase().padStart(4, "0")}H, ${meaning}`;
  const reason = `the archive could not send instance ${uid}, ${status}`;
  // There is but one, so that all of it failed.
  return new VfsError(kind === "PartialFailure" ? "Unavailable" : kind, {
    op,
    url,
    reason: comment ? `${reason}, "${comment}"` : reason,
    status: kind === "PartialFailure" ? "permanent" : error.status,
    detail: { dimse: code, text: comment },
    cause: error,
  });
}

/** A DICOM file: what comes before the dataset, and the dataset as it came (PS3.10 §7.1). */
async function fileOf(
  { instance, landing }: Arrival,
  called: string,
  ask: Ask,
): Promise<Pick<Got, "body" | "length">> {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = instance;
  const head = encodeFileMeta({
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID,
    implementationClassUID: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    sourceAET: called,
  });
  // Only what has come is known to be so long.
  const length = landing.isOver ? head.length + landing.length : undefined;
  const reader = readerFrom(head, identified(landing.reader, instance, ask), ask);
  const isSmall = length !== undefined && length <= SMALL;
  return { length, body: isSmall ? await wholeOf(reader, length) : reader };
}

/** All of what a reader gives, which is so long. */
async function wholeOf(reader: ChunkReader, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const memory = new Uint8Array(length);
  let read = memory.subarray(0, 0);
  try {
    for (let before = -1; before < read.length;) {
      before = read.length;
      read = await readBehind(read, reader, memory);
    }
    return read;
  } finally {
    await reader.close();
  }
}

function readerFrom(
  start: Uint8Array<ArrayBuffer>,
  rest: ChunkReader,
  { op, url, signal }: Ask,
): ChunkReader {
  let head: Uint8Array<ArrayBuffer> | undefined = start;
  return {
    async read(into) {
      const begin = head;
      head = undefined;
      if (!begin) return await orAborted(rest.read(into), signal, op, url);
      // Where there is room, the dataset follows at once: one write less.
      if (!into || into.length <= begin.length) return begin;
      into.set(begin);
      const start = into.subarray(0, begin.length);
      return await orAborted(readBehind(start, rest, into), signal, op, url);
    },
    async close(reason) {
      head = undefined;
      await rest.close(reason);
    },
  };
}
