/**
 * The file that an archive is, read by ranges.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type Bytes, collect, readerOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { ByteRange, Got, Info, Place } from "../../vfs/transport.ts";

/** What tells one content of the file from another. */
export interface Version {
  /** Bytes. */
  readonly size: number;
  /** Strong validator, where the transport has one. */
  readonly etag?: string;
  /** Last change, in milliseconds since 1970. */
  readonly mtime?: number;
}

/** Bytes of one version of the file. */
export interface Part {
  /** Where in the file the bytes start. */
  readonly offset: number;
  /** The bytes. */
  readonly body: Bytes;
}

/** One version of the file. Whoever reads another one meanwhile is told. */
export class InnerFile {
  /** Makes a reader of `place`, as it was at `version`. */
  constructor(readonly place: Place, readonly version: Version) {}

  /** Reads the last bytes, and so finds out which version there is, with one request. @throws `NotFound` */
  static async openAtEnd(
    place: Place,
    suffix: number,
    ask: Ask,
  ): Promise<{ file: InnerFile; tail: Uint8Array<ArrayBuffer> }> {
    const { transport, location } = place;
    const got = await transport.get(location, {
      range: { suffix },
      whole: true,
      signal: ask.signal,
    });
    const tail = await collect(got.body);
    return { file: new InnerFile(place, versionOf(got.info, ask)), tail };
  }

  /** Finds out which version there is. @throws `NotFound`, `IsADirectory` */
  static async stat({ transport, location }: Place, ask: Ask, refresh = false): Promise<Version> {
    const info = await transport.stat(location, { signal: ask.signal, refresh });
    if (info.kind === "directory") {
      throw new VfsError("IsADirectory", { op: ask.op, url: location.href });
    }
    return versionOf(info, ask);
  }

  /** Starts to read. @throws `ConditionFailed` when the file is another one by now */
  async open(range: ByteRange | undefined, { op, signal }: Ask): Promise<Part> {
    const { transport, location } = this.place;
    const ifMatch = transport.capabilities.etag ? this.version.etag : undefined;
    const got: Got = await transport.get(location, { range, ifMatch, signal });
    const now = versionOf(got.info, { op, url: location.href, signal });
    if (isSameVersion(now, this.version)) return got;
    await readerOf(got.body).close();
    throw new VfsError("ConditionFailed", { op, url: location.href });
  }

  /** All bytes from `start` to before `end`. @throws `ConditionFailed` */
  async read(start: number, end: number, ask: Ask): Promise<Uint8Array<ArrayBuffer>> {
    if (end <= start) return new Uint8Array();
    return await collect((await this.open({ start, end }, ask)).body);
  }
}

/** True when nothing speaks for a change. */
export function isSameVersion(a: Version, b: Version): boolean {
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag && a.size === b.size;
  return a.size === b.size && a.mtime === b.mtime;
}

function versionOf({ size, etag, mtime }: Info, { op, url }: Ask): Version {
  if (size !== undefined) return { size, etag, mtime: mtime?.getTime() };
  const reason = "the size of the archive is not known";
  throw new VfsError("NotSupported", { op, url, reason });
}
