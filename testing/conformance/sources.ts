/**
 * Sources of bytes for the cases: well-behaved ones and others.
 *
 * @module
 */

import type { ChunkReader, Source } from "../../vfs/bytes/bytes.ts";

/** A source that tells what was done with it. */
export interface WatchedSource extends Source {
  /** How often it was opened. */
  readonly opened: number;
  /** How many of its readers were closed or read to the end. */
  readonly ended: number;
  /** Resolves when the first read was asked for. */
  readonly reading: Promise<void>;
}

/** How {@linkcode watchedSource} behaves. */
export interface SourceOptions {
  /** Bytes per chunk. @default {65536} */
  readonly chunk?: number;
  /** The size to announce, `undefined` for none. */
  readonly size?: number;
  /** It can be opened again. @default {true} */
  readonly replayable?: boolean;
  /** Fails with this instead of ending. */
  readonly error?: unknown;
  /** Never settles the read after the last byte, until it is closed. */
  readonly stalls?: boolean;
}

/** A reader of `bytes`, as `options` say. */
export function watchedSource(
  bytes: Uint8Array<ArrayBuffer>,
  options: SourceOptions = {},
): WatchedSource {
  const { chunk = 65_536, replayable = true, size } = options;
  const begun = Promise.withResolvers<void>();
  let opened = 0;
  let ended = 0;

  function reader(): ChunkReader {
    let at = 0;
    let isOver = false;
    const closed = Promise.withResolvers<undefined>();
    const end = () => {
      if (!isOver) ended++;
      isOver = true;
    };
    return {
      // deno-lint-ignore require-await
      async read() {
        begun.resolve();
        if (at < bytes.length) return bytes.slice(at, at += chunk);
        if (options.stalls) return closed.promise;
        if ("error" in options) throw options.error;
        end();
        return undefined;
      },
      close() {
        end();
        closed.resolve(undefined);
        return Promise.resolve();
      },
    };
  }

  return {
    size,
    replayable,
    reading: begun.promise,
    get opened() {
      return opened;
    },
    get ended() {
      return ended;
    },
    open() {
      opened++;
      return Promise.resolve(reader());
    },
  };
}
