/**
 * One archive: what it has, and what is read of it.
 *
 * @module
 */

import { Catalogue } from "./catalogue.ts";
import { type ClientOptions, DicomClient } from "./client.ts";
import { Presence } from "./presence.ts";
import { InstanceReader } from "./read.ts";
import { type ListenOptions, Receiver } from "./receiver.ts";
import { Retriever } from "./retrieve.ts";
import { Spool, type SpoolOptions } from "./spool.ts";
import { InstanceStore, type StoreOptions } from "./store.ts";
import type { SplitOptions } from "./whole.ts";

/** What an archive is made with. */
export interface ArchiveOptions extends ClientOptions {
  /** A receiver for C-MOVE. */
  readonly listen?: ListenOptions;
  /** Room on disk. */
  readonly spool?: SpoolOptions;
  /** What is done with instances that cannot be sent just as they are. */
  readonly store?: StoreOptions;
  /** How results that are limited are split. */
  readonly split?: SplitOptions;
  /** How long answers are believed, in milliseconds. */
  readonly ttlMs: number;
}

/** When a series that nobody reads any more is given up, in milliseconds. */
const IDLE_MS = 3_000;

/** The parts that serve one called AE title. */
export class Archive implements AsyncDisposable {
  /** The wire. */
  readonly client: DicomClient;
  /** What it has. */
  readonly catalogue: Catalogue;
  /** What is read of it. */
  readonly reader: InstanceReader;
  /** What it has of what is to be sent. */
  readonly presence: Presence;
  /** What is sent to it. */
  readonly store: InstanceStore;
  readonly #receiver: Receiver | undefined;
  readonly #spool: Spool;

  /** Connects to nothing yet. */
  constructor(options: ArchiveOptions) {
    const { clock, ttlMs, split, listen } = options;
    this.client = new DicomClient(options);
    this.catalogue = new Catalogue({ client: this.client, clock, ttlMs, split });
    this.presence = new Presence(this.catalogue, clock);
    this.store = new InstanceStore(this.client.pool, options.store);
    this.#receiver = listen && new Receiver(listen, clock);
    this.#spool = new Spool(options.spool);
    this.reader = new InstanceReader({
      catalogue: this.catalogue,
      retriever: new Retriever(this.client, this.#receiver),
      spool: this.#spool,
      clock,
      // One association is left for queries.
      maxSeries: Math.max(1, (options.size ?? 4) - 1),
      idleMs: IDLE_MS,
    });
  }

  /** Ends what is under way, and releases the associations. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.dispose();
    await this.client[Symbol.asyncDispose]();
    await this.#receiver?.[Symbol.asyncDispose]();
    await this.#spool.idle();
  }
}
