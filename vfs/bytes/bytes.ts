/**
 * Bytes on their way: chunk readers, what can be stored, and the edges to Web Streams.
 *
 * @module
 */

/**
 * A pull-based source of bytes. Layers wrap it as plain functions; Web Streams are made of it only at the
 * edges, since every stream stage costs more than the copy itself.
 */
export interface ChunkReader {
  /**
   * The next bytes, never empty, or `undefined` at the end. The array is the caller's.
   *
   * A reader that fills memory may use that of `into`, and need not. If it does, what it gives lies there: in
   * `into.buffer`, or in what became of that when it was detached. Readers that pass on what others give pass it on.
   *
   * Once `into` was detached, the memory of what is given is the caller's to its very end, wherever it came from: nothing else
   * may lie in it, since it is taken for that of `into` and written to.
   */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends reading early and frees what is held. Idempotent; also right after the end. */
  close(reason?: unknown): Promise<void>;
}

/** Bytes that are asked for at once where nobody gives memory for more. */
const FILL = 65_536;

/** Streams over TLS give 16 KiB at a time, and whatever comes after would be done for each: so many bytes are gathered… */
const ENOUGH = 262_144;
/** …unless they take longer than so many milliseconds. */
const SOON_MS = 50;

/** Content: whole in memory, or to be read. */
export type Bytes = Uint8Array<ArrayBuffer> | ChunkReader;

/**
 * What {@linkcode Transport.put} stores: pulled by the driver, and opened again for a retry. Its memory may be used for
 * something else once `put` has settled.
 */
export interface Source {
  /** Bytes, when known beforehand. */
  readonly size?: number;
  /** `open` may be called again and gives the same bytes. */
  readonly replayable: boolean;
  /** Starts from the first byte; what is in memory may be given at once. */
  open(): Bytes | Promise<Bytes>;
}

/** A source of bytes in memory. */
export function sourceOfBytes(bytes: Uint8Array<ArrayBuffer>): Source {
  return {
    size: bytes.length,
    replayable: true,
    open: () => bytes,
  };
}

/** A source that can be read once. */
export function sourceOfStream(
  stream: ReadableStream<Uint8Array>,
  size?: number,
): Source {
  return {
    size,
    replayable: false,
    open: () => readerOfStream(stream),
  };
}

/** A source of a blob, read lazily. */
export function sourceOfBlob(blob: Blob): Source {
  return {
    size: blob.size,
    replayable: true,
    open: () => readerOfStream(blob.stream()),
  };
}

/** Reads a Web Stream by chunks. */
export function readerOfStream(
  stream: ReadableStream<Uint8Array>,
): ChunkReader {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined = stream.getReader();
  let filling: ReadableStreamBYOBReader | undefined;
  let isFirst = true;
  return {
    async read(into) {
      if (isFirst && into) {
        reader?.releaseLock();
        filling = fillingReader(stream);
        reader = filling ? undefined : stream.getReader();
      }
      isFirst = false;
      if (filling) return await filled(filling, into?.length ? into : new Uint8Array(FILL));
      while (true) {
        const { value, done } = await reader!.read();
        if (done) return undefined;
        if (value.length > 0) return value as Uint8Array<ArrayBuffer>;
      }
    },
    // A stream that failed rejects this with the error that its reader was told already.
    close: (reason) => (filling ?? reader ?? stream).cancel(reason).catch(() => {}),
  };
}

/** What comes soon, in `memory` from its start; `undefined` at the end. */
async function filled(
  stream: ReadableStreamBYOBReader,
  memory: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const enough = Math.min(memory.length, ENOUGH);
  const until = performance.now() + SOON_MS;
  const { byteOffset, byteLength } = memory;
  let { buffer } = memory;
  let length = 0;
  while (length === 0 || (length < enough && performance.now() < until)) {
    const room = new Uint8Array(buffer, byteOffset + length, byteLength - length);
    const { value, done } = await stream.read(room);
    if (value) buffer = value.buffer;
    if (done) break;
    length += value.length;
  }
  return length > 0 ? new Uint8Array(buffer, byteOffset, length) : undefined;
}

/** A reader that fills memory, if that is how the stream works. */
function fillingReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    // The platform has no other way to tell.
    return undefined;
  }
}

/**
 * The memory of `into` again, when a reader was given it and `chunk` lies at its beginning: it may be given away as soon as
 * the chunk is of no more use.
 */
export function memoryOf(
  chunk: Uint8Array<ArrayBuffer>,
  into: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  const isIn = chunk.buffer === into.buffer || into.buffer.detached;
  return isIn && chunk.byteOffset === 0 ? new Uint8Array(chunk.buffer) : undefined;
}

/** The chunks of `bytes`, whichever form it has. */
export function readerOf(bytes: Bytes): ChunkReader {
  if (!(bytes instanceof Uint8Array)) return bytes;
  let rest: Uint8Array<ArrayBuffer> | undefined = bytes;
  return {
    read() {
      const chunk = rest?.length ? rest : undefined;
      rest = undefined;
      return Promise.resolve(chunk);
    },
    close() {
      rest = undefined;
      return Promise.resolve();
    },
  };
}

/** The chunks of `bytes`, one after the other. */
export async function* chunksOf(bytes: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = readerOf(bytes);
  try {
    for (let c = await reader.read(); c !== undefined; c = await reader.read()) yield c;
  } finally {
    await reader.close();
  }
}

/** A Web Stream of `bytes`. */
export function streamOf(bytes: Bytes): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = readerOf(bytes);
  return new ReadableStream({
    async pull(controller) {
      try {
        const chunk = await reader.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      } catch (error) {
        await reader.close(error);
        throw error;
      }
    },
    cancel: (reason) => reader.close(reason),
  }, { highWaterMark: 0 });
}

/** All that is opened, in one array. */
export async function collect(
  opening: Bytes | Promise<Bytes>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await opening;
  if (bytes instanceof Uint8Array) return bytes;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (let c = await bytes.read(); c !== undefined; c = await bytes.read()) {
      chunks.push(c);
      length += c.length;
    }
  } finally {
    await bytes.close();
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? only : concat(chunks, length);
}

/** Joins chunks whose lengths add up to `length`. */
export function concat(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
