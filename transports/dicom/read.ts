/**
 * Instances as files: out of the retrieval of their series, or by a C-GET of their own.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { merged } from "../../vfs/concurrency/merged.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Got, GotOne } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import { ServiceFailed } from "./dimse/mod.ts";
import { fileOf } from "./instance_file.ts";
import { Landing } from "./landing.ts";
import { infoOf, type Row, textOf } from "./model.ts";
import { keyOf, type Place } from "./place.ts";
import { placeOf } from "./resolve.ts";
import type { SeriesRetrieval } from "./series_retrieval.ts";
import { type RetrievalsOptions, SeriesRetrievals } from "./series_retrievals.ts";
import type { Arrival } from "./series_waiters.ts";
import { instanceAt, stat } from "./stat.ts";

/** An instance, and where it is. */
interface Located {
  readonly row: Row;
  readonly place: Place & { readonly series: string; readonly instance: string };
}

/** What may come after a reader has left, before the association is given up, in bytes and in milliseconds. */
const REST = 1_048_576;
const REST_MS = 300;
/** Up to here, in bytes, a file is given as one array. */
const SMALL = 262_144;
/** … and of many that come together, as long as all of it fits into what waits in memory for a reader. */
const WHOLE = 1_048_576;

/** Reads the instances of one archive. */
export class InstanceReader {
  readonly #options: RetrievalsOptions;
  readonly #series: SeriesRetrievals;
  /** What ends each instance that comes by itself. */
  readonly #alone = new Set<() => Promise<void>>();

  /** Reads nothing yet. */
  constructor(options: RetrievalsOptions) {
    this.#options = options;
    this.#series = new SeriesRetrievals(options);
  }

  /** Implements `get`. @throws `NotFound`, `IsADirectory`, `NotSupported` without C-GET and receiver */
  async get(address: Address, ask: Ask): Promise<Got> {
    const { catalogue } = this.#options;
    if (address.level !== "instance") {
      await stat(catalogue, address, ask);
      throw new VfsError("IsADirectory", { op: ask.op, url: ask.url });
    }
    const located = await this.#locate(address, ask);
    const retrieval = await this.#series.holding(located.place, ask);
    const arrival = await retrieval?.claim(located.place.instance, ask) ??
      await this.#byItself(located, ask);
    return {
      info: infoOf("IMAGE", located.row),
      offset: 0,
      ...await fileOf(arrival, address.called, SMALL, ask),
    };
  }

  /**
   * Implements `getMany` for instances of the series that `address` names one of, in the order in which the archive sends
   * them: what comes in another order than it is asked for in has to wait on disk. It ends at a large one, which goes to
   * whoever asks for it alone, and so do those behind it.
   */
  async *getMany(
    address: Address,
    files: ReadonlyMap<string | undefined, Location>,
    ask: Ask,
  ): AsyncGenerator<readonly GotOne[]> {
    const retrieval = await this.#retrievalOf(address, [...files.keys()], ask);
    if (!retrieval) return;
    const left = new AbortController();
    const signal = AbortSignal.any([ask.signal, left.signal]);
    const takers = this.#takers(retrieval, files, address.called, { ...ask, signal });
    let isOver = false;
    try {
      for await (const got of merged(takers, Infinity)) {
        let isTaken = false;
        try {
          yield [got];
          isTaken = true;
        } finally {
          // Before those are ended that wait for something to come.
          if (!isTaken) left.abort();
        }
      }
      isOver = true;
    } finally {
      if (!isOver) await retrieval.quit();
    }
  }

  /** One for each association that instances may come over, once the first has come and was small. */
  async *#takers(
    retrieval: SeriesRetrieval,
    files: ReadonlyMap<string | undefined, Location>,
    called: string,
    ask: Ask,
  ): AsyncGenerator<AsyncIterable<GotOne>> {
    const first = Promise.withResolvers<boolean>();
    yield this.#taken(retrieval, files, called, ask, first.resolve);
    if (!await first.promise) return;
    retrieval.widen();
    for (let n = 1; n < this.#options.maxSeries; n++) {
      yield this.#taken(retrieval, files, called, ask);
    }
  }

  /** What comes, up to the first that is large. */
  async *#taken(
    retrieval: SeriesRetrieval,
    files: ReadonlyMap<string | undefined, Location>,
    called: string,
    ask: Ask,
    onFirst: (isSmall: boolean) => void = () => {},
  ): AsyncGenerator<GotOne> {
    try {
      for (let next; (next = await retrieval.next(ask));) {
        const { sopInstanceUID: SOPInstanceUID, sopClassUID: SOPClassUID } = next.instance;
        const file = await fileOf(next, called, WHOLE, ask).catch((error) => {
          // What is wrong with it, if it still is, is told to whoever asks for it alone.
          if (ask.signal.aborted) throw error;
        });
        if (!file) continue;
        const { body, length } = file;
        if (!(body instanceof Uint8Array)) return retrieval.leave(next);
        onFirst(true);
        const row = { id: SOPInstanceUID, attributes: { SOPInstanceUID, SOPClassUID } };
        const got = { info: infoOf("IMAGE", row), offset: 0, length, body };
        yield { location: files.get(SOPInstanceUID)!, got };
      }
    } finally {
      onFirst(false);
    }
  }

  async #retrievalOf(
    address: Address,
    uids: readonly (string | undefined)[],
    ask: Ask,
  ): Promise<SeriesRetrieval | undefined> {
    if (address.level !== "instance") return undefined;
    try {
      const { series, ...above } = await placeOf(this.#options.catalogue, address, ask);
      const instances = uids.filter((uid) => uid !== undefined);
      return await this.#series.begin({ ...above, series, instance: undefined }, instances, ask);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Ends what is under way, and settles when it has. */
  async dispose(): Promise<void> {
    await Promise.all([this.#series.dispose(), ...[...this.#alone].map((end) => end())]);
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

  async #byItself({ place, row }: Located, ask: Ask): Promise<Arrival> {
    const { catalogue, retriever, spool, clock } = this.#options;
    const { instance: uid } = place;
    const { op, url } = ask;
    const model = await catalogue.model(place, ask);
    const sopClassUID = textOf(row, "SOPClassUID");
    const known = sopClassUID === ""
      ? { classes: [], modality: await catalogue.modality(place, ask) }
      : { classes: [sopClassUID] };
    const left = new AbortController();
    const leave = () =>
      left.abort(new VfsError("Aborted", { op, url, reason: "the reader has left" }));
    const arrived = Promise.withResolvers<Arrival>();
    let stopTimer = () => {};
    let isHere = false;
    const job = retriever.run({
      place,
      model,
      ...known,
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
