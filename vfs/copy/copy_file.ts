/**
 * Copying one file, verified.
 *
 * @module
 */

import type { Bytes, ChunkReader, Source } from "../bytes/bytes.ts";
import type { Resolved } from "../connections.ts";
import { differenceOf, type Digests } from "../bytes/digest.ts";
import { isNotFound, isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { type StreamDigester, streamDigester } from "../bytes/stream_digest.ts";
import type { Verification } from "./transfer.ts";
import type { DigestAlgorithm, Got, Info, Stored, Transport } from "../transport.ts";

/** Options of {@linkcode copyFile}. */
export interface CopyFileOptions {
  /** What a listing told of the source. */
  readonly info?: Info;
  /** The source, when it was read already. */
  readonly got?: Got;
  /** What to do with a file at the destination. */
  readonly existing: "error" | "skip" | "replace";
  /** Aborts. */
  readonly signal: AbortSignal;
  /** Fail, and store nothing, when the source changes while it is read. @default {false} */
  readonly isSteady?: boolean;
  /** Told of the bytes moved; negative when a try starts over. */
  readonly onBytes: (bytes: number) => void;
}

/** What copying a file came to. */
export interface Copied extends Pick<Stored, "location" | "warnings"> {
  /** What was compared. */
  readonly verified: Verification;
  /** What was read, as far as it is known. */
  readonly source?: Info;
  /** What the destination told of what it stored. */
  readonly stored: Info;
}

/**
 * Copies one file: within a transport by its own `copy`, otherwise by reading and storing. The size is
 * compared always, a digest wherever a side tells one. Times of change are kept where they can be.
 *
 * @returns `undefined` when the destination exists and was left alone
 */
export async function copyFile(
  from: Resolved,
  to: Resolved,
  options: CopyFileOptions,
): Promise<Copied | undefined> {
  const { existing, signal, onBytes } = options;
  const isNamed = to.transport.capabilities.naming === "path";
  if (existing === "skip" && isNamed && await exists(to.transport, to.location, signal)) return;
  try {
    if (from.transport === to.transport && from.transport.copy) {
      let told = 0;
      const tell = (bytes: number) => {
        onBytes(bytes - told);
        told = bytes;
      };
      const info = await from.transport.copy(from.location, to.location, {
        overwrite: existing === "replace",
        onProgress: tell,
        signal,
      });
      tell(info.size ?? told);
      return { verified: "reply", source: options.info, stored: info };
    }
    return await stream(from, to, options);
  } catch (error) {
    const appeared = isVfsError(error) && error.kind === "AlreadyExists";
    if (existing === "skip" && appeared) return undefined;
    throw error;
  }
}

/** Whether anything is at `location`. Throws what kept it from finding out. */
export async function exists(
  transport: Transport,
  location: Location,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await transport.stat(location, { signal });
    return true;
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotFound") return false;
    throw error;
  }
}

async function stream(
  from: Resolved,
  to: Resolved,
  options: CopyFileOptions,
): Promise<Copied> {
  const { existing, signal } = options;
  const { transport } = to;
  const { capabilities } = transport;
  const url = from.location.href;
  if (!transport.put) {
    throw new VfsError("NotSupported", {
      op: "copy",
      url,
      reason: `the destination "${to.location.href}" cannot be written`,
    });
  }
  const { exclusive, looksFirst, naming } = capabilities;
  const replace = existing === "replace" || !exclusive && !looksFirst;
  // What is there under a name that the content gives, only the driver can tell.
  const isNamed = naming === "path";
  if (
    isNamed && existing === "error" && replace && await exists(to.transport, to.location, signal)
  ) {
    throw new VfsError("AlreadyExists", { op: "copy", url: to.location.href });
  }
  const source = await CopySource.begin(from, to, options);
  let stored: Stored;
  try {
    if (isNamed && replace && from.location.origin === to.location.origin) {
      await checkDistinct(source.info, to, options);
    }
    stored = await transport.put(to.location, source, {
      mode: replace ? "replace" : "create",
      mtime: source.info.mtime,
      mediaType: source.info.mediaType,
      signal,
    });
  } finally {
    await source.close();
  }
  const { difference, verified } = source.compare(stored);
  if (difference === undefined) {
    const { location, warnings } = stored;
    return { verified, location, warnings, source: source.info, stored };
  }
  const { location = to.location } = stored;
  const removal = await transport.remove?.(location, { signal }).catch((error) => error);
  throw new VfsError("Corrupt", {
    op: "copy",
    url,
    reason: `what "${location.href}" stored differs: ${difference}`,
    cause: removal,
  });
}

/** Fails where what would be replaced is the source, by another name: to a move nothing would be left. */
async function checkDistinct(
  { id }: Info,
  { transport, location }: Resolved,
  { signal }: CopyFileOptions,
): Promise<void> {
  if (id === undefined) return;
  const there = await transport.stat(location, { signal }).catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (there?.id !== id) return;
  const reason = "source and destination are the same file";
  throw new VfsError("InvalidArgument", { op: "copy", url: location.href, reason });
}

/** The source file as something to put: its first body is requested at once, so that size and time are known. */
class CopySource implements Source {
  readonly replayable = true;
  readonly size: number | undefined;
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

  static async begin(
    { transport, location }: Resolved,
    to: Resolved,
    options: CopyFileOptions,
  ): Promise<CopySource> {
    const { signal } = options;
    const { putMany } = to.transport.capabilities;
    // What waits for others until all are stored has its bytes in memory meanwhile, and not a connection.
    const whole = (options.info?.size ?? Infinity) <= (putMany?.size ?? -1);
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

  async open(): Promise<Bytes> {
    await this.#reopen();
    this.options.onBytes(-this.#count);
    this.#count = 0;
    this.#digester?.[Symbol.dispose]();
    this.#digester = await streamDigester(this.algorithms, this.size);
    this.#digests = {};
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

  /** Frees the last body, also when nobody opened it or nobody closed it. */
  async close(): Promise<void> {
    this.#digester?.[Symbol.dispose]();
    await this.#closeBody();
    const body = this.#body;
    const isOwn = body instanceof Uint8Array && body.length === body.buffer.byteLength;
    // Until the engine collects them, as many small files would be in memory as it thinks that there is room for.
    if (isOwn && !this.options.got) body.buffer.transfer(0);
  }

  /** The first body is there already. */
  async #reopen(): Promise<void> {
    if (this.#first === undefined) {
      await this.#closeBody();
      this.#body = (await this.request()).body;
    }
    this.#first = undefined;
  }

  async #closeBody(): Promise<void> {
    if (!(this.#body instanceof Uint8Array)) await this.#body.close();
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

  async #take(chunk: Uint8Array): Promise<void> {
    this.#count += chunk.length;
    await this.#digester?.update(chunk);
    this.options.onBytes(chunk.length);
  }

  /** Fails before the destination can commit, when what was read is not what the source said it is. */
  async #checkSource(): Promise<void> {
    this.#digests = await this.#digester?.digests() ?? {};
    const difference = differenceOf(this.#digests, this.info.digests);
    if (difference === undefined) return await this.#checkSteady();
    throw new VfsError("Corrupt", {
      op: "copy",
      url: this.url,
      reason: `what was read differs from its digest: ${difference}`,
    });
  }

  async #checkSteady(): Promise<void> {
    const { etag, mtime } = this.info;
    if (!this.look || etag === undefined && !mtime) return;
    const now = await this.look();
    if (now.etag === etag && now.mtime?.getTime() === mtime?.getTime()) return;
    throw new VfsError("ConditionFailed", {
      op: "copy",
      url: this.url,
      reason: "it changed while it was read",
    });
  }
}
