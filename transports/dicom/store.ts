/**
 * Sending instances to a peer.
 *
 * @module
 */

import { encodingOf, isDeflated } from "../../formats/dicom/encoding.ts";
import { type FileMeta, FormatError, readFileMeta } from "../../formats/mod.ts";
import type { Bytes, Source } from "../../vfs/bytes/bytes.ts";
import { reasonIn, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted, toAborted } from "../../vfs/concurrency/signals.ts";
import type { Association } from "./dimse/association.ts";
import { AssociationFailed, ServiceFailed } from "./dimse/errors.ts";
import type { ContextProposal } from "./dimse/negotiation.ts";
import type { ServiceResult } from "./dimse/outcome.ts";
import type { AssociationPool, PoolRequest } from "./dimse/pool.ts";
import { cStore } from "./dimse/store.ts";
import { routeOf } from "./store_convert.ts";
import { StoreContexts } from "./store_contexts.ts";
import { StreamHead } from "./store_head.ts";
import { DatasetScanner } from "./store_scanner.ts";

/** What is done with instances that cannot be sent just as they are. */
export interface StoreOptions {
  /**
   * Send a dataset in another uncompressed transfer syntax where the peer does not take its own; otherwise that
   * is an error. @default {true}
   */
  readonly convert?: boolean;
  /** What to do with a dataset that is cut short. @default {"refuse"} */
  readonly truncated?: "refuse" | "send";
  /**
   * Small instances under way at once on one association, as far as the peer grants it (asynchronous operations window,
   * PS3.7 §D.3.3.3); 1 asks for none. Each waits for a round trip otherwise. @default {8}
   */
  readonly window?: number;
}

/** Enough for 1,600 instances a second over 20 ms; an association that fails takes no more with it. */
const WINDOW = 8;

/** Sees what an instance is before anything is sent, and has it sent; it keeps nothing of `meta`. */
export type SendChecked = (
  meta: FileMeta,
  send: () => Promise<ServiceResult>,
) => Promise<ServiceResult>;

/** SeriesNumber, the last of what can name a place. */
const LAST_IDENTIFIER = 0x00200011;
const MEDIA_DIRECTORY = "1.2.840.10008.1.3.10";

/** Stores instances on the associations of a pool, each once it is sure what it is. */
export class InstanceStore {
  readonly #contexts = new StoreContexts();
  readonly #pool: AssociationPool;
  readonly #options: StoreOptions;
  /** Memory for the starts of streams, of those that are through. */
  readonly #lent: Uint8Array<ArrayBuffer>[] = [];

  /** Stores on `pool`, which remains the caller's. @throws `RangeError` for a window outside of 1 to 65535 */
  constructor(pool: AssociationPool, options: StoreOptions = {}) {
    const { window = WINDOW } = options;
    if (!Number.isInteger(window) || window < 1 || window > 0xFFFF) {
      throw new RangeError(`A window is of 1 to 65535 operations, not ${window}`);
    }
    this.#pool = pool;
    this.#options = options;
  }

  /**
   * Stores one instance when `checked` has it sent. What the peer did not acknowledge because the association failed is
   * sent once more.
   *
   * @throws `NotSupported` for what is no instance, and for what the peer does not take; `Corrupt`;
   * {@linkcode ServiceFailed}; {@linkcode AssociationFailed}
   */
  async store(
    at: Location,
    source: Source,
    checked: SendChecked,
    signal: AbortSignal,
  ): Promise<ServiceResult> {
    let uid: string | undefined;
    let isSent = false;
    try {
      return await this.#withHead(source, signal, async (head) => {
        const meta = await examine(head, at);
        uid = meta.sopInstanceUID;
        throwIfAborted(signal, "store to", at.href);
        const send = (head: StreamHead, isShared: boolean) => {
          isSent = true;
          return this.#send(at, head, meta, { isShared, signal });
        };
        return await checked(meta, () => this.#twice(source, head, send, signal));
      });
    } catch (error) {
      if (!signal.aborted) throw told(error, at, uid);
      const aborted = toAborted(signal, "store to", at.href);
      throw isSent ? unsure(aborted, at) : aborted;
    }
  }

  async #twice<T>(
    source: Source,
    first: StreamHead,
    send: (head: StreamHead, isShared: boolean) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await send(first, true);
    } catch (error) {
      // What breaks the protocol may have been about another that shared the association.
      const isLost = error instanceof AssociationFailed &&
        (error.status === "temporary" || error.kind === "Protocol");
      if (!isLost) throw error;
      // A peer that does not answer in time would only be waited for twice as long.
      if (!source.replayable || error.kind === "TimedOut") throw error.exhausted(1);
    }
    try {
      // Alone, so that nothing but itself can be what it fails by.
      return await this.#withHead(source, signal, (head) => send(head, false));
    } catch (error) {
      if (error instanceof AssociationFailed) throw error.exhausted(2);
      throw error;
    }
  }

  async #send(
    at: Location,
    head: StreamHead,
    meta: FileMeta,
    { isShared, signal }: Pick<PoolRequest, "isShared" | "signal">,
  ): Promise<ServiceResult> {
    const { sopClassUID, sopInstanceUID, transferSyntaxUID, datasetOffset } = meta;
    await head.read(0, datasetOffset);
    const bytes = await this.#checked(head, meta);
    // What is in memory has been checked: no source that fails takes others with it.
    const isSafe = isShared && bytes instanceof Uint8Array;
    const { convert = true, window = WINDOW } = this.#options;
    const attempt = (contexts: readonly ContextProposal[]) => {
      const request = { contexts, isExact: true, window, isShared: isSafe, signal };
      return this.#pool.run(request, async (association: Association) => {
        const route = routeOf(association, meta, convert);
        if (!route) return undefined;
        const dataset = route.convert(bytes);
        const { transferSyntaxUID } = route;
        const request = { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset, signal };
        return await cStore(association, request);
      });
    };
    const first = this.#contexts.for(sopClassUID, transferSyntaxUID);
    const result = await attempt(first);
    if (result) return result;
    const others = this.#contexts.others(sopClassUID, transferSyntaxUID);
    const second = others && others !== first ? await attempt(others) : undefined;
    if (second) return second;
    throw notTaken(at, meta);
  }

  /** The dataset, failing where it turns out to be cut short or odd, so that the peer never has all of it. */
  async #checked(head: StreamHead, meta: FileMeta): Promise<Bytes> {
    const { datasetOffset, transferSyntaxUID, header } = meta;
    const dataset = head.from(datasetOffset);
    const isSent = this.#options.truncated === "send";
    const encoding = header.encoding ?? encodingOf(transferSyntaxUID);
    if (isDeflated(transferSyntaxUID)) {
      if (isSent) return dataset;
      const { deflatedChecked } = await import("./store_deflated.ts");
      return await deflatedChecked(dataset, new DatasetScanner(encoding));
    }
    const size = head.size === undefined ? undefined : head.size - datasetOffset;
    const scanner = isSent ? undefined : new DatasetScanner(encoding, { size });
    let length = 0;
    const check = (chunk: Uint8Array | undefined) => {
      if (chunk) {
        length += chunk.length;
        scanner?.push(chunk);
        return;
      }
      scanner?.end();
      if (length % 2 !== 0) {
        throw new FormatError("Corrupt", `The dataset has an odd length of ${length} bytes`);
      }
    };
    if (dataset instanceof Uint8Array) {
      check(dataset);
      check(undefined);
      return dataset;
    }
    return {
      async read(into) {
        const chunk = await dataset.read(into);
        check(chunk);
        return chunk;
      },
      close: (reason) => dataset.close(reason),
    };
  }

  /** Works with a source that is closed afterwards; an abort closes it at once, since a read may never end. */
  async #withHead<T>(
    source: Source,
    signal: AbortSignal,
    work: (head: StreamHead) => Promise<T>,
  ): Promise<T> {
    const head = new StreamHead(await source.open(), source.size, this.#lent);
    const onAbort = () => void head.close();
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    try {
      const result = await work(head);
      // Not after a failure: a read may still be under way.
      head.giveBack();
      return result;
    } finally {
      signal.removeEventListener("abort", onAbort);
      await head.close();
    }
  }
}

async function examine(head: StreamHead, at: Location): Promise<FileMeta> {
  const meta = await readFileMeta(head, { until: LAST_IDENTIFIER });
  if (meta.sopClassUID === MEDIA_DIRECTORY) {
    const reason = "a DICOMDIR is no instance";
    throw new VfsError("NotSupported", { op: "store to", url: at.href, reason });
  }
  return meta;
}

function notTaken(at: Location, meta: FileMeta): VfsError {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = meta;
  return new VfsError("NotSupported", {
    op: "store to",
    url: at.href,
    reason: `the peer does not take instance ${sopInstanceUID}` +
      ` of SOP class ${sopClassUID} in transfer syntax ${transferSyntaxUID}`,
  });
}

/** What was on its way is not called back: a peer that has all of it may keep it. */
function unsure(cause: VfsError, { href: url }: Location): VfsError {
  const { kind, status } = cause;
  const reason = `${reasonIn(cause)}; it was being sent, and the peer may have it all the same`;
  return new VfsError(kind, { op: "store to", url, reason, status, cause });
}

/** Errors by the place that was asked for. */
function told(error: unknown, at: Location, uid: string | undefined): unknown {
  const place = { op: "store to", url: at.href };
  if (error instanceof FormatError) {
    const { kind, message } = error;
    return new VfsError(kind === "Corrupt" ? "Corrupt" : "NotSupported", {
      ...place,
      reason: `${message[0]!.toLowerCase()}${message.slice(1)}`,
      cause: error,
    });
  }
  if (error instanceof ServiceFailed) {
    const { kind, code, meaning, comment } = error;
    // Another try may find room.
    const status = code >>> 8 === 0xA7 ? "temporary" : error.status;
    const reason = `instance ${uid}`;
    return new ServiceFailed(kind, { ...place, reason, status }, { code, meaning, comment });
  }
  return error;
}
