/**
 * An archive with more members than before.
 *
 * @module
 */

import { nameOf } from "../../formats/zip/entry_text.ts";
import { readCentral } from "../../formats/zip/records.ts";
import { endRecords } from "../../formats/zip/write_records.ts";
import type { Ask } from "../../vfs/ask.ts";
import { type ChunkReader, chunksOf, type Source } from "../../vfs/bytes/bytes.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { isNotFound } from "../../vfs/errors.ts";
import type { Place } from "../../vfs/transport.ts";
import { InnerFile, isSameVersion } from "../archive/inner_file.ts";
import { pathOf } from "../archive/member.ts";
import { Blocks } from "./blocks.ts";
import { changedMeanwhile } from "./contended.ts";
import type { Directory } from "./directory.ts";
import { centralEntry, localHeader, type NewEntry } from "./encode.ts";
import { streamed } from "./streamed.ts";

/** A member to add. */
export interface Addition {
  /** What the archive tells of it. */
  readonly entry: NewEntry;
  /** The data as they are stored, or where they come from. */
  readonly data: Uint8Array<ArrayBuffer> | Source;
  /** Who asked for it. */
  readonly ask: Ask;
  /** Told once the archive has all of it. */
  readonly onTaken?: () => void;
  /** Told why it is not in the archive, which goes on without it; otherwise that is the end of all. */
  readonly onFailed?: (error: unknown) => void;
}

/** Chunks as a reader of them. */
export function readerOfChunks(chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>): ChunkReader {
  return {
    read: async () => (await chunks.next()).value ?? undefined,
    async close() {
      await chunks.return(undefined);
    },
  };
}

/**
 * All bytes of the archive `old` at `place` with `additions` added, or in the place of others. It fails before the last of
 * them when the old one is another one by then. What was read of one that fails alone stays in it, unlisted.
 */
export async function* assembled(
  place: Place,
  old: Directory | undefined,
  additions: Iterable<Addition> | AsyncIterable<Addition>,
  ask: Ask,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const start = old?.start ?? 0;
  const shift = old?.shift ?? 0;
  let at = start;
  if (old && start > 0) yield* chunksOf((await old.file.open({ start: 0, end: start }, ask)).body);
  const added = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const { entry, data, ask: asked, onTaken, onFailed } of additions) {
    const offset = at - shift;
    try {
      if (data instanceof Uint8Array) {
        const header = localHeader(entry);
        yield header;
        at += header.length;
        if (data.length > 0) yield data;
        at += entry.packed;
      } else {
        for await (const piece of streamed(entry, data, asked)) {
          yield piece;
          at += piece.length;
        }
      }
      if (onFailed) throwIfAborted(asked.signal, asked.op, asked.url);
    } catch (error) {
      if (!onFailed) throw error;
      onFailed(error);
      continue;
    }
    added.set(entry.path, centralEntry(entry, offset));
    onTaken?.();
  }
  const directory = new Blocks();
  let count = added.size;
  for (const entry of keptEntries(old, added)) {
    yield* directory.add(entry);
    count++;
  }
  for (const entry of added.values()) yield* directory.add(entry);
  yield* directory.rest();
  const { size } = directory;
  await checkUnchanged(place, old, ask);
  const offset = at - shift;
  yield endRecords({ count, size, offset }, offset + size, old?.comment);
}

/** The old directory's entries as they are, but for those that are replaced. */
function* keptEntries(
  old: Directory | undefined,
  replaced: ReadonlyMap<string, unknown>,
): Generator<Uint8Array> {
  for (let at = 0, i = 0; old && i < old.count; i++) {
    const entry = readCentral(old.bytes, at)!;
    const isKept = !replaced.has(pathOf(nameOf(entry) ?? "")?.join("/") ?? "");
    if (isKept) yield old.bytes.subarray(at, at + entry.length);
    at += entry.length;
  }
}

/** Fails where the archive is not what it was. @throws `ConditionFailed` */
export async function checkUnchanged(
  place: Place,
  old: Directory | undefined,
  ask: Ask,
): Promise<void> {
  const now = await InnerFile.stat(place, ask, true).catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const isSame = now === undefined || old === undefined
    ? now === old
    : isSameVersion(now, old.file.version);
  if (!isSame) throw changedMeanwhile(place, ask);
}
