/** What an archive costs whoever stores it. @module */

import { readerOf, type Source } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Location } from "../../../vfs/location/location.ts";
import type { Transport } from "../../../vfs/transport.ts";

/** What was stored. */
export interface Count {
  /** Bytes of all puts. */
  bytes: number;
  /** Puts begun. */
  puts: number;
  /** Bytes that fit still. */
  room: number;
  /** Told of bytes. */
  onBytes: () => Promise<void> | void;
}

/** Counts what is put, and keeps no more than fits. */
export function counting(): { count: Count; wrap: (inner: Transport) => Transport } {
  const count: Count = { bytes: 0, puts: 0, room: Infinity, onBytes: () => {} };
  const counted = (at: Location, source: Source): Source => ({
    ...source,
    async open() {
      const reader = readerOf(await source.open());
      return {
        async read() {
          const chunk = await reader.read();
          count.bytes += chunk?.length ?? 0;
          count.room -= chunk?.length ?? 0;
          if (at.name === "a.zip") await count.onBytes();
          if (count.room < 0) throw new VfsError("StorageFull", { op: "write", url: "fake:///" });
          return chunk;
        },
        close: (reason) => reader.close(reason),
      };
    },
  });
  const wrap = (inner: Transport) => ({
    ...inner,
    put: (...[at, source, o]: Parameters<NonNullable<Transport["put"]>>) => {
      count.puts++;
      return inner.put!(at, counted(at, source), o);
    },
  });
  return { count, wrap };
}
