/** Zips for tests, as right or as wrong as a test wants them. @module */

import { crc32, deflateRawSync } from "node:zlib";
import { type Field, record } from "../../../formats/zip/write_records.ts";
import { concat } from "../../../vfs/bytes/bytes.ts";

/** A member of a zip to build. What is left out is as it should be. */
export interface Draft {
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array | string;
  readonly deflated?: boolean;
  /** Sizes and checksum come after the data, and not before. */
  readonly described?: boolean;
  readonly zip64?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly madeBy?: number;
  readonly external?: number;
  readonly extra?: Uint8Array;
  readonly crc?: number;
  readonly size?: number;
  readonly localName?: string;
  readonly offset?: number;
  /** The content as it lies in the zip. */
  readonly packed?: Uint8Array;
}

export interface Frame {
  readonly comment?: string;
  readonly before?: Uint8Array;
  readonly zip64?: boolean;
  readonly count?: number;
  /** What follows the last entry of the directory. */
  readonly signature?: Uint8Array;
  readonly disk?: number;
}

const encode = (text: string | Uint8Array) =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

/** The zip of `drafts`. */
export function buildZip(drafts: readonly Draft[], frame: Frame = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const push = (...added: Uint8Array[]) => {
    parts.push(...added);
    at += added.reduce((sum, { length }) => sum + length, 0);
  };
  for (const draft of drafts) {
    const content = encode(draft.content ?? "");
    const name = encode(draft.name);
    const packed = draft.packed ?? (draft.deflated ? deflateRawSync(content) : content);
    const method = draft.method ?? (draft.deflated ? 8 : 0);
    const isText = typeof draft.name === "string";
    const flags = (draft.flags ?? (isText ? 0x0800 : 0)) | (draft.described ? 8 : 0);
    const crc = draft.crc ?? crc32(content);
    const size = draft.size ?? content.length;
    const offset = draft.offset ?? at;
    const local = draft.described ? [0, 0, 0] : [crc, packed.length, size];
    const localName = draft.localName === undefined ? name : encode(draft.localName);
    const dos: Field[] = [[2, 0x6000], [2, 0x5a21]];
    push(
      record(
        [4, 0x04034b50],
        [2, 20],
        [2, flags],
        [2, method],
        ...dos,
        [4, local[0]!],
        [4, local[1]!],
        [4, local[2]!],
        [2, localName.length],
        [2, 0],
      ),
      localName,
      packed,
    );
    if (draft.described) push(record([4, 0x08074b50], [4, crc], [4, packed.length], [4, size]));
    const wide = draft.zip64
      ? record([2, 1], [2, 24], [8, size], [8, packed.length], [8, offset])
      : new Uint8Array();
    const extra = concat(
      [wide, draft.extra ?? new Uint8Array()],
      wide.length + (draft.extra?.length ?? 0),
    );
    const full = 0xffff_ffff;
    directory.push(
      record(
        [4, 0x02014b50],
        [2, draft.madeBy ?? 20],
        [2, 20],
        [2, flags],
        [2, method],
        ...dos,
        [4, crc],
        [4, draft.zip64 ? full : packed.length],
        [4, draft.zip64 ? full : size],
        [2, name.length],
        [2, extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, draft.external ?? 0],
        [4, draft.zip64 ? full : offset],
      ),
      name,
      extra,
    );
  }
  const start = at;
  for (const one of directory) push(one);
  if (frame.signature) push(frame.signature);
  const size = at - start;
  const count = frame.count ?? drafts.length;
  if (frame.zip64) {
    const end = at;
    push(
      record(
        [4, 0x06064b50],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, size],
        [8, start],
      ),
      record([4, 0x07064b50], [4, 0], [8, end], [4, 1]),
    );
  }
  const comment = encode(frame.comment ?? "");
  const told = frame.zip64
    ? [0xffff, 0xffff_ffff, 0xffff_ffff]
    : [Math.min(count, 0xffff), size, start];
  push(
    record(
      [4, 0x06054b50],
      [2, frame.disk ?? 0],
      [2, 0],
      [2, told[0]!],
      [2, told[0]!],
      [4, told[1]!],
      [4, told[2]!],
      [2, comment.length],
    ),
    comment,
  );
  const before = frame.before ?? new Uint8Array();
  return concat([before, ...parts], before.length + at);
}

/** The zip of `files` by path. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array | string>>,
  options: Partial<Draft> = {},
  frame?: Frame,
): Uint8Array<ArrayBuffer> {
  const drafts = Object.entries(files).map(([name, content]) => ({ name, content, ...options }));
  return buildZip(drafts, frame);
}
