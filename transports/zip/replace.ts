/**
 * An archive in the place of another, in one step.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Place } from "../../vfs/transport.ts";
import { readerOfChunks } from "./assemble.ts";
import { changedMeanwhile } from "./contended.ts";
import type { Directory } from "./directory.ts";

/** All bytes of the archive that takes the place of another. */
export interface NewContent {
  /** It can be made again. */
  readonly replayable: boolean;
  /** Makes it. */
  readonly content: () => AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Stores an archive at `place`, where `old` is or nothing. @throws `ConditionFailed` when something else is there */
export async function replaceArchive(
  place: Place,
  old: Directory | undefined,
  { replayable, content }: NewContent,
  ask: Ask,
): Promise<void> {
  const { transport, location } = place;
  const { exclusive, putsIfMatch } = transport.capabilities;
  const ifMatch = putsIfMatch ? old?.file.version.etag : undefined;
  const mode = !old && exclusive ? "create" : "replace";
  const { signal } = ask;
  // The transport that reads it may tell its failure in words of its own.
  let failure: unknown;
  const kept = async function* () {
    failure = undefined;
    try {
      yield* content();
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    const open = () => Promise.resolve(readerOfChunks(kept()));
    await transport.put!(location, { replayable, open }, { mode, ifMatch, signal });
  } catch (error) {
    const isThere = !old && isVfsError(error) && error.kind === "AlreadyExists";
    throw failure ?? (isThere ? changedMeanwhile(place, ask) : error);
  }
}
