/**
 * A file that is copied, as something to put: what is read is counted, and compared with what either side tells of it.
 *
 * @module
 */

import type { Bytes, ChunkReader, Source } from "../bytes/bytes.ts";
import { differenceOf, type Digests } from "../bytes/digest.ts";
import { type StreamDigester, streamDigester } from "../bytes/stream_digest.ts";
import { VfsError } from "../errors.ts";
import type { DigestAlgorithm, Got, Info, Place } from "../transport.ts";
import type { CopyFileOptions } from "./copy_file.ts";
import { gatheredUpTo } from "./put_together.ts";
import type { Verification } from "./transfer.ts";

/** The source file as something to put: its first body is requested at once, so that size and time are known. */
export class CopySource implements Source {
  readonly replayable = true;
  readonly size: number | undefined;
  /** What a listing and the first body told. */
  readonly info: Info;
  #first: Got | undefined;
  #body: Bytes;
  #count = 0;
  #digester: StreamDigester | undefined;
  #digests: Digests = {};

  private constructor(
    got: Got,
    readonly request: () => Promise<Got>,
    /** Tells what is there now; absent where a body is of one version. */
    readonly look: (() => Promise<Info>) | undefined,
    readonly options: CopyFileOptions,
    /** What is computed here. */
    readonly algorithms: readonly DigestAlgorithm[],
    /** What the destination computes and compares. */
    readonly verifiedThere: readonly DigestAlgorithm[],
    readonly url: string,
  ) {
    this.#first = got;
    this.#body = got.body;
    const digests = { ...options.info?.digests, ...got.info.digests };
    this.info = { ...options.info, ...got.info, digests };
    this.size = got.length ??
      (got.body instanceof Uint8Array ? got.body.length : undefined);
  }

  /** Requests the first body, unless it was read already. */
  static async begin(
    { transport, location }: Place,
    to: Place,
    options: CopyFileOptions,
  ): Promise<CopySource> {
    const { signal } = options;
    // What waits for others until all are stored has its bytes in memory meanwhile, and not a connection.
    const whole = (options.info?.size ?? Infinity) <= (gatheredUpTo(to.transport) ?? -1);
    const request = () => transport.get(location, { signal, whole });
    const got = options.got ?? await request();
    const { digests, verifiesPut = [] } = to.transport.capabilities;
    const told = Object.keys({ ...options.info?.digests, ...got.info.digests });
    const algorithms = new Set([
      ...(told as DigestAlgorithm[]).filter((name) => !got.verified?.includes(name)),
      ...digests.filter((name) => !verifiesPut.includes(name)),
    ]);
    return new CopySource(
      got,
      request,
      // Whoever keeps digests keeps versions apart; a stat there may cost a request.
      options.isSteady && transport.capabilities.digests.length === 0
        ? () => transport.stat(location, { signal })
        : undefined,
      options,
      [...algorithms],
      verifiesPut,
      location.href,
    );
  }

  /** A body from its beginning: the first, or else a new one. */
  open(): Bytes | Promise<Bytes> {
    const body = this.#body;
    const isReady = this.#first !== undefined && body instanceof Uint8Array;
    // Of thousands of small files, waits for what is there already take longer than writing does.
    if (!isReady || this.algorithms.length > 0 || this.look) return this.#open();
    this.#begin();
    this.#take(body);
    return body;
  }

  async #open(): Promise<Bytes> {
    // The first body is there already.
    if (this.#first === undefined) await this.#reopen();
    this.#begin();
    const { algorithms, size } = this;
    this.#digester = algorithms.length > 0 ? await streamDigester(algorithms, size) : undefined;
    const body = this.#body;
    if (body instanceof Uint8Array) {
      await this.#take(body);
      await this.#checkSource();
      return body;
    }
    return {
      read: (into) => this.#read(body, into),
      close: (reason) => body.close(reason),
    };
  }

  #begin(): void {
    this.#first = undefined;
    this.options.onBytes(-this.#count);
    this.#count = 0;
    this.#digester?.[Symbol.dispose]();
    this.#digester = undefined;
    this.#digests = {};
  }

  /** Frees the last body, also when nobody opened it or nobody closed it. */
  async close(): Promise<void> {
    this.#digester?.[Symbol.dispose]();
    if (!(this.#body instanceof Uint8Array)) await this.#body.close();
    const release = this.options.got?.release;
    if (release) return release();
    const body = this.#body;
    const isOwn = body instanceof Uint8Array && body.length === body.buffer.byteLength;
    // Until the engine collects them, as many small files would be in memory as it thinks that there is room for.
    if (isOwn) body.buffer.transfer(0);
  }

  async #reopen(): Promise<void> {
    if (!(this.#body instanceof Uint8Array)) await this.#body.close();
    this.#body = (await this.request()).body;
  }

  /** What differs between the bytes read and what was stored, if anything, and what was compared. */
  compare({ size, digests = {} }: Info): { difference?: string; verified: Verification } {
    const isDigested = [...this.algorithms, ...this.verifiedThere]
      .some((name) => digests[name] !== undefined);
    const verified = isDigested ? "digest" : size === undefined ? "reply" : "size";
    const difference = size !== undefined && size !== this.#count
      ? `${size} bytes instead of ${this.#count}`
      : differenceOf(this.#digests, digests);
    return { difference, verified };
  }

  async #read(
    reader: ChunkReader,
    into: Uint8Array<ArrayBuffer> | undefined,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const chunk = await reader.read(into);
    if (chunk) await this.#take(chunk);
    // A driver that knows the size need not ask for more.
    if (!chunk || this.#count === this.size) await this.#checkSource();
    return chunk;
  }

  #take(chunk: Uint8Array): Promise<void> | void {
    const { length } = chunk;
    this.#count += length;
    const tell = () => this.options.onBytes(length);
    const digesting = this.#digester?.update(chunk);
    return digesting ? digesting.then(tell) : tell();
  }

  /** Fails before the destination can commit, when what was read is not what the source said it is. */
  async #checkSource(): Promise<void> {
    if (this.#digester) this.#digests = await this.#digester.digests();
    const difference = differenceOf(this.#digests, this.info.digests);
    if (difference === undefined) {
      if (this.look) await this.#checkSteady(this.look);
      return;
    }
    throw new VfsError("Corrupt", {
      op: "copy",
      url: this.url,
      reason: `what was read differs from its digest: ${difference}`,
    });
  }

  async #checkSteady(look: () => Promise<Info>): Promise<void> {
    const { etag, mtime } = this.info;
    if (etag === undefined && !mtime) return;
    const now = await look();
    if (now.etag === etag && now.mtime?.getTime() === mtime?.getTime()) return;
    throw new VfsError("ConditionFailed", {
      op: "copy",
      url: this.url,
      reason: "it changed while it was read",
    });
  }
}
