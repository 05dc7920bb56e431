/**
 * The wire to one archive: a pool of associations, and queries on it.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import type { Clock } from "../../vfs/clock.ts";
import { sleep } from "../../vfs/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { CallOptions } from "../../vfs/transport.ts";
import {
  type Association,
  AssociationFailed,
  AssociationPool,
  cFind,
  type PoolOptions,
  QUERY_RETRIEVE,
  ServiceFailed,
  TRANSFER_SYNTAX,
} from "./dimse/mod.ts";
import { type Lease, lease } from "./lease.ts";
import type { Keys } from "./filters.ts";
import type { QueryLevel } from "./model.ts";

/** What an operation needs: its name, its place, and until when it matters. */
export interface Ask extends CallOptions {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL, for errors. */
  readonly url: string;
}

/** Information models (PS3.4 §C.6). */
export type Model = keyof typeof QUERY_RETRIEVE;

/** What a client is made with. */
export interface ClientOptions extends PoolOptions {
  /** Time. */
  readonly clock: Clock;
}

const PLAIN = [TRANSFER_SYNTAX.explicit, TRANSFER_SYNTAX.implicit];
const FIND_CONTEXTS = [QUERY_RETRIEVE.patient.find, QUERY_RETRIEVE.study.find]
  .map((sopClassUID) => ({ sopClassUID, transferSyntaxUIDs: PLAIN }));

/** Answers in one page. */
const PAGE = 256;
/** A page is not held back for longer, in milliseconds. */
const PAGE_MS = 50;
/** How long a peer may go on with what was cancelled, in milliseconds. */
const CANCEL_MS = 700;

/** A client of one archive. */
export class DicomClient implements AsyncDisposable {
  /** Associations with the archive. */
  readonly pool: AssociationPool;
  /** Its settings. */
  readonly options: ClientOptions;
  #models: Promise<ReadonlySet<Model>> | undefined;
  readonly #known = new WeakSet<Association>();

  /** Opens nothing yet. */
  constructor(options: ClientOptions) {
    this.options = options;
    this.pool = new AssociationPool(options);
  }

  /** The information models that can be queried, by asking for an association. */
  models({ signal }: Ask): Promise<ReadonlySet<Model>> {
    return this.#models ??= this.#findModels(signal).catch((error) => {
      this.#models = undefined;
      throw error;
    });
  }

  async #findModels(signal: AbortSignal): Promise<ReadonlySet<Model>> {
    const { association, end } = await this.#lease(signal);
    const models = (["patient", "study"] as const)
      .filter((model) => association.contextFor(QUERY_RETRIEVE[model].find));
    await end();
    return new Set(models);
  }

  /**
   * Asks the archive (PS3.4 §C.4.1): answers in pages, as they come. A caller that stops has the query cancelled.
   *
   * @throws `ServiceFailed`, also for a result that is cut short; the association's failures
   */
  async *find(
    model: Model,
    level: QueryLevel,
    keys: Keys,
    ask: Ask,
  ): AsyncGenerator<DicomHeader[]> {
    for (let isGiven = false;;) {
      const { signal } = ask;
      const taken = await this.#lease(signal);
      const isKept = this.#known.has(taken.association);
      this.#known.add(taken.association);
      try {
        for await (const page of this.#pages(taken, model, level, keys, signal)) {
          isGiven = true;
          yield page;
        }
        return;
      } catch (error) {
        // The archive may have ended an association that was kept, just before it could be used.
        const isGone = error instanceof AssociationFailed && error.kind === "Unavailable";
        if (!isGone || !isKept || isGiven || signal.aborted) throw error;
      } finally {
        await taken.end();
      }
    }
  }

  async *#pages(
    { association }: Lease,
    model: Model,
    level: QueryLevel,
    keys: Keys,
    signal: AbortSignal,
  ): AsyncGenerator<DicomHeader[]> {
    const { clock } = this.options;
    const identifier = { QueryRetrieveLevel: level, ...keys };
    const matches = cFind(association, { model, identifier, signal });
    let isOver = false;
    let page: DicomHeader[] = [];
    try {
      let begun = -Infinity;
      while (true) {
        const next = await matches.next();
        if (next.done) break;
        page.push(next.value.dataset);
        if (page.length < PAGE && clock.now() - begun < PAGE_MS) continue;
        yield page;
        page = [];
        begun = clock.now();
      }
      isOver = true;
      if (page.length > 0) yield page;
    } catch (error) {
      isOver = true;
      if (page.length > 0) yield page;
      throw error;
    } finally {
      if (!isOver) await this.#cancel(association, matches);
    }
  }

  /** Has a query cancelled; an archive that goes on all the same is left. */
  async #cancel(association: Association, matches: AsyncGenerator): Promise<void> {
    const late = new AbortController();
    const limit = sleep(this.options.clock, CANCEL_MS, late.signal)
      .then(() => association.abort(), () => {});
    await Promise.race([matches.return(undefined), limit]);
    late.abort();
  }

  /** An association for queries. */
  async #lease(signal: AbortSignal): Promise<Lease> {
    return await lease(this.pool, { contexts: FIND_CONTEXTS, signal });
  }

  /** Ends what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
  }
}

/** A result that is cut short, or refused because it would be too long (PS3.4 §C.4.1.1.4). */
export function isLimit(error: unknown): error is ServiceFailed {
  return error instanceof ServiceFailed && (error.code === 0xFE00 || error.code >>> 8 === 0xA7);
}

/** What the archive does not tell completely. */
export function incomplete({ op, url }: Ask, what: string, cause?: unknown): VfsError {
  const reason = `the archive limits its answers, and ${what}`;
  return new VfsError("Incomplete", { op, url, reason, cause, status: "permanent" });
}

/** Nothing of the kind is there. */
export function notFound({ op, url }: Ask): VfsError {
  return new VfsError("NotFound", { op, url });
}
