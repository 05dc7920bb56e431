/**
 * An archive with members fewer, or by other names.
 *
 * @module
 */

import { nameOf } from "../../formats/zip/entry_text.ts";
import {
  CENTRAL_BYTES,
  LOCAL_BYTES,
  readCentral,
  UTF8,
  viewOf,
} from "../../formats/zip/records.ts";
import { directoryRecord, endRecords } from "../../formats/zip/write_records.ts";
import type { Ask } from "../../vfs/ask.ts";
import { collect, concat } from "../../vfs/bytes/bytes.ts";
import type { Place } from "../../vfs/transport.ts";
import { pathOf } from "../archive/member.ts";
import { checkUnchanged, readerOfChunks } from "./assemble.ts";
import { Blocks } from "./blocks.ts";
import type { Directory } from "./directory.ts";
import { Forward } from "./forward.ts";

/** What becomes of the member at a path: it goes, it stays, or it gets another path. */
export type Edit = (path: string) => "drop" | "keep" | { readonly path: string };

/** A member of the old archive, and what becomes of it. There may be hundreds of thousands. */
interface Placed {
  /** Where its entry in the old directory begins. */
  readonly entryAt: number;
  /** Where its bytes begin in the old archive, and where what comes next does. */
  readonly start: number;
  end: number;
  /** Its new name, encoded. */
  readonly name: Uint8Array<ArrayBuffer> | undefined;
  readonly isDropped: boolean;
  /** Where it begins in the new archive. */
  at: number;
}

const ZIP64_FIELD = 0x0001;
/** Places in a local header. */
const [FLAGS_AT, NAME_LENGTH_AT] = [6, 26];

/** All bytes of the archive `old` at `place`, edited. It fails before the last when that is another one by then. */
export async function* edited(
  place: Place,
  old: Directory,
  edit: Edit,
  ask: Ask,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const members = membersOf(old, edit);
  const byPlace = members.toSorted((a, b) => a.start - b.start);
  byPlace.forEach((member, i) => member.end = byPlace[i + 1]?.start ?? old.start);
  const reading = new Forward(old.file, old.start, ask);
  let at = byPlace[0]?.start ?? old.start;
  try {
    // What stays side by side is one part.
    let run = { start: 0, end: at };
    for (const member of byPlace) {
      const { start, end, name, isDropped } = member;
      if (isDropped) continue;
      member.at = at;
      let from = start;
      if (name || run.end !== start) {
        yield* reading.part(run.start, run.end);
        if (name) {
          const header = await collect(readerOfChunks(reading.part(start, start + LOCAL_BYTES)));
          // It may tell another name than the directory does.
          const oldLength = viewOf(header).getUint16(NAME_LENGTH_AT, true);
          yield headerFor(name, header);
          yield name;
          at += LOCAL_BYTES + name.length;
          from = Math.min(end, start + LOCAL_BYTES + oldLength);
        }
        run = { start: from, end };
      }
      run.end = end;
      at += end - from;
    }
    yield* reading.part(run.start, run.end);
  } finally {
    await reading.close();
  }
  const directory = new Blocks();
  let count = 0;
  for (const member of members) {
    if (member.isDropped) continue;
    yield* directory.add(centralOf(member, old));
    count++;
  }
  yield* directory.rest();
  const { size } = directory;
  await checkUnchanged(place, old, ask);
  const offset = at - old.shift;
  yield endRecords({ count, size, offset }, offset + size, old.comment);
}

function membersOf(old: Directory, edit: Edit): Placed[] {
  const members: Placed[] = [];
  for (let entryAt = 0, i = 0; i < old.count; i++) {
    const entry = readCentral(old.bytes, entryAt)!;
    const text = nameOf(entry) ?? "";
    const path = pathOf(text)?.join("/");
    const fate = path === undefined ? "keep" : edit(path);
    const name = typeof fate === "string"
      ? undefined
      : new TextEncoder().encode(fate.path + (text.endsWith("/") ? "/" : ""));
    const start = entry.offset + old.shift;
    members.push({ entryAt, start, end: 0, name, isDropped: fate === "drop", at: 0 });
    entryAt += entry.length;
  }
  return members;
}

/** A local header (APPNOTE.TXT 4.3.7) for another name, with the flag that it is UTF-8. */
function headerFor(
  name: Uint8Array,
  header: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const view = viewOf(header);
  view.setUint16(FLAGS_AT, view.getUint16(FLAGS_AT, true) | UTF8, true);
  view.setUint16(NAME_LENGTH_AT, name.length, true);
  return header;
}

function centralOf({ entryAt, name, at }: Placed, old: Directory): Uint8Array<ArrayBuffer> {
  const entry = readCentral(old.bytes, entryAt)!;
  const end = entryAt + entry.length;
  return directoryRecord({
    ...entry,
    flags: name ? entry.flags | UTF8 : entry.flags,
    name: name ?? entry.name,
    extra: withoutField(entry.extra, ZIP64_FIELD),
    offset: at - old.shift,
    comment: old.bytes.subarray(
      entryAt + CENTRAL_BYTES + entry.name.length + entry.extra.length,
      end,
    ),
  });
}

/** Extra fields but for those of one kind; that is made anew. */
function withoutField(extra: Uint8Array, id: number): Uint8Array {
  const view = viewOf(extra);
  const kept: Uint8Array[] = [];
  for (let at = 0; at + 4 <= extra.length;) {
    const end = Math.min(extra.length, at + 4 + view.getUint16(at + 2, true));
    if (view.getUint16(at, true) !== id) kept.push(extra.slice(at, end));
    at = end;
  }
  return concat(kept, kept.reduce((sum, { length }) => sum + length, 0));
}
