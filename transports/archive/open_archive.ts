/**
 * What a format makes of an archive.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Bytes } from "../../vfs/bytes/bytes.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import type { Place } from "../../vfs/transport.ts";
import type { InnerFile } from "./inner_file.ts";
import type { Member } from "./member.ts";
import type { MemberTree } from "./member_tree.ts";

/** An archive whose index was read. */
export interface OpenArchive<M extends Member> {
  /** The file, as it was then. */
  readonly file: InnerFile;
  /** What is in it. */
  readonly members: MemberTree<M>;
  /** Tells versions of a member apart. */
  etagOf(member: M): string | undefined;
  /** The bytes of a file, or a part of them. @throws `ConditionFailed` when the archive is another one by now */
  read(member: M, extent: Extent, ask: Ask): Promise<Bytes>;
  /** The bytes of some files by going through the archive once; what it does not give is read alone. */
  readMany?(members: readonly M[], ask: Ask): AsyncIterable<Content<M>>;
  /** Frees what it keeps; what is being read goes on. */
  close?(): Promise<void>;
}

/** The bytes of a file. */
export type Content<M extends Member> = readonly [M, Uint8Array<ArrayBuffer>];

/** Reads the index of the archive at `place`. @throws `Corrupt`, `NotSupported`, `NotFound` */
export type OpenFormat<M extends Member> = (place: Place, ask: Ask) => Promise<OpenArchive<M>>;
