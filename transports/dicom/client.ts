/**
 * The wire to one archive: a pool of associations, and queries on it.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { NEVER, orAborted } from "../../vfs/concurrency/signals.ts";
import {
  type Association,
  AssociationFailed,
  AssociationPool,
  cFind,
  type FindRequest,
  type PoolOptions,
  type PoolRequest,
  QUERY_RETRIEVE,
  ServiceFailed,
} from "./dimse/mod.ts";
import { Answers } from "./answers.ts";
import { FIND_CONTEXTS } from "./contexts.ts";
import { type Lease, lease } from "./lease.ts";
import type { Keys } from "./filters.ts";
import type { QueryLevel } from "./model.ts";

/** Information models (PS3.4 §C.6). */
export type Model = keyof typeof QUERY_RETRIEVE;

/** What a client is made with. */
export interface ClientOptions extends PoolOptions {
  /** Time. */
  readonly clock: Clock;
}

/** A question for the models, and until when whoever asked it waits. */
interface Asked {
  readonly models: Promise<ReadonlySet<Model>>;
  readonly signal: AbortSignal;
}

/** How long a peer may go on with what was cancelled, in milliseconds. */
const CANCEL_MS = 700;

/** A client of one archive. */
export class DicomClient implements AsyncDisposable {
  /** Associations with the archive. */
  readonly pool: AssociationPool;
  /** Its settings. */
  readonly options: ClientOptions;
  #models: Asked | undefined;
  readonly #known = new WeakSet<Association>();
  readonly #finding = new Set<Answers>();
  /** How many wait for an association. */
  #wanted = 0;

  /** Opens nothing yet. */
  constructor(options: ClientOptions) {
    this.options = options;
    this.pool = new AssociationPool(options);
  }

  /** The information models that can be queried, by asking for an association. */
  async models({ op, url, signal }: Ask): Promise<ReadonlySet<Model>> {
    for (;;) {
      const asked = this.#models ??= this.#askModels(signal);
      try {
        return await orAborted(asked.models, signal, op, url);
      } catch (error) {
        // Whoever asked first may have gone.
        if (signal.aborted || !asked.signal.aborted) throw error;
      }
    }
  }

  #askModels(signal: AbortSignal): Asked {
    const models = this.#findModels(signal);
    const asked = { models, signal };
    models.catch(() => {
      if (this.#models === asked) this.#models = undefined;
    });
    return asked;
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
    const answers = new Answers(() => this.#wanted > 0);
    const stop = new AbortController();
    const signal = AbortSignal.any([ask.signal, stop.signal]);
    this.#finding.add(answers);
    const request = { model, identifier: { QueryRetrieveLevel: level, ...keys }, signal };
    const job = this.#ask(request, answers)
      .then(() => answers.end(), (error) => answers.end(error))
      .finally(() => this.#finding.delete(answers));
    try {
      for (let page = await answers.take(); page; page = await answers.take()) yield page;
    } finally {
      answers.leave();
      // An archive that goes on with what was cancelled, or says nothing, is left.
      const cancel = this.options.clock.schedule(() => stop.abort(), CANCEL_MS);
      await job;
      cancel();
    }
  }

  async #ask(request: FindRequest, answers: Answers): Promise<void> {
    const { signal = NEVER } = request;
    for (let isBegun = false;;) {
      const { association, end } = await this.#lease(signal);
      const isKept = this.#known.has(association);
      this.#known.add(association);
      const matches = cFind(association, request);
      try {
        for (let next = await matches.next(); !next.done; next = await matches.next()) {
          isBegun = true;
          await answers.push(next.value.dataset);
          if (!answers.isLeft) continue;
          await matches.return();
          // Some archives answer nothing any more after a C-CANCEL that has crossed their last answer.
          await association.abort();
        }
        return;
      } catch (error) {
        // The archive may have ended an association that was kept, just before it could be used.
        const isGone = error instanceof AssociationFailed && error.kind === "Unavailable";
        if (!isGone || !isKept || isBegun || signal.aborted) throw error;
      } finally {
        await end();
      }
    }
  }

  /** An association for queries. */
  #lease(signal: AbortSignal): Promise<Lease> {
    return this.lease({ contexts: FIND_CONTEXTS, signal });
  }

  /** An association for anything. @throws the errors of {@linkcode AssociationPool.run} */
  async lease(request: PoolRequest): Promise<Lease> {
    this.#wanted++;
    for (const each of this.#finding) each.look();
    try {
      return await lease(this.pool, request);
    } finally {
      this.#wanted--;
    }
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
  // It may have said so, or given a number of them that looks like it.
  const limits = cause === undefined ? "seems to limit" : "limits";
  const reason = `the archive ${limits} its answers, and ${what}`;
  return new VfsError("Incomplete", { op, url, reason, cause, status: "permanent" });
}

/** Nothing of the kind is there. */
export function notFound({ op, url }: Ask): VfsError {
  return new VfsError("NotFound", { op, url });
}
