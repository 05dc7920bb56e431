/**
 * Where an archive sends to by C-MOVE.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import {
  type Association,
  type DatasetSink,
  type DicomServer,
  type IncomingInstance,
  NOWHERE,
  serveDicom,
} from "./dimse/mod.ts";

/** How archives without C-GET reach us: they must know this AE title with our host and the port. */
export interface ListenOptions {
  /** Our AE title as a destination. */
  readonly aeTitle: string;
  /** Port. */
  readonly port: number;
  /** Address to listen on. @default {"0.0.0.0"} */
  readonly hostname?: string;
}

/** Somebody who waits for instances. */
export interface Expectation {
  /** The C-MOVE's calling AE title. */
  readonly callingAET: string;
  /** It is one instance. */
  readonly isAlone: boolean;
  /** Whether this instance is one of them. */
  wants(sopInstanceUID: string): boolean;
  /** Gives the sink for it. */
  onInstance(instance: IncomingInstance): DatasetSink | Promise<DatasetSink>;
}

/**
 * A receiver that listens from the first C-MOVE on. Instances go to whoever waits for them by their UIDs: an archive
 * need not tell which C-MOVE it serves, and message ids are the same on several associations.
 */
export class Receiver implements AsyncDisposable {
  readonly #options: ListenOptions;
  readonly #clock: Clock;
  readonly #expectations = new Set<Expectation>();
  #server: DicomServer | undefined;

  /** Does not listen yet. */
  constructor(options: ListenOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** AE title to move to. */
  get aeTitle(): string {
    return this.#options.aeTitle;
  }

  /** Expects instances until the function returned is called. @throws `Unavailable` when the port cannot be had */
  expect(expectation: Expectation, url: string): () => void {
    this.#server ??= this.#listen(url);
    this.#expectations.add(expectation);
    return () => this.#expectations.delete(expectation);
  }

  /** Stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  #listen(url: string): DicomServer {
    const { aeTitle, port, hostname = "0.0.0.0" } = this.#options;
    try {
      return serveDicom({
        aeTitle,
        port,
        hostname,
        clock: this.#clock,
        requireCalledAET: true,
        store: (instance, from) => this.#store(instance, from, url),
      });
    } catch (cause) {
      const reason = `cannot listen on port ${port} for what C-MOVE sends`;
      throw new VfsError("Unavailable", { op: "read", url, reason, cause, status: "permanent" });
    }
  }

  #store(
    instance: IncomingInstance,
    from: Association,
    url: string,
  ): DatasetSink | Promise<DatasetSink> {
    const { sopInstanceUID, moveOriginator: asker } = instance;
    const all = [...this.#expectations];
    const wanting = all.filter((each) => each.wants(sopInstanceUID));
    // Its series, asked for before or after, has others to go on with: whoever asks for one alone would have none.
    const wanted = wanting.findLast(({ isAlone }) => isAlone) ?? wanting.at(-1);
    if (wanted) return wanted.onInstance(instance);
    // Of a series that is moved, some may not be wanted any more. Archives by pynetdicom name themselves as who asked.
    const isMoved = asker !== undefined &&
      all.some(({ callingAET }) => [callingAET, from.request.callingAET].includes(asker.aeTitle));
    if (isMoved) return NOWHERE;
    const reason = "nobody waits for this instance";
    throw new VfsError("PermissionDenied", { op: "receive", url, reason });
  }
}
