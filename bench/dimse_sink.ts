import {
  type DatasetSink,
  IMPLEMENTATION_CLASS_UID,
  type IncomingInstance,
} from "../transports/dicom/dimse/mod.ts";
import { encodeFileMeta } from "../formats/mod.ts";

/** Smaller pieces are collected. Others are written as they come: while the peer sends on, that takes no time. */
const PIECE = 8 * 1024;
/** So much is collected at most. */
const BATCH = 64 * 1024;
const buffers: Uint8Array[] = [];

/** Writes an instance to a file of its own, piece by piece as it comes, without waiting, as DCMTK does. */
export function fileSink(folder: string, instance: IncomingInstance): DatasetSink {
  const path = `${folder}/${instance.sopInstanceUID}`;
  const batch = buffers.pop() ?? new Uint8Array(BATCH);
  const meta = encodeFileMeta({ ...instance, implementationClassUID: IMPLEMENTATION_CLASS_UID });
  batch.set(meta);
  let filled = meta.length;
  const file = Deno.createSync(path);

  function pour(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  }

  function flush(): void {
    pour(batch.subarray(0, filled));
    filled = 0;
  }

  function end(): void {
    file.close();
    buffers.push(batch);
  }

  return {
    write(chunk) {
      if (filled + chunk.length > BATCH || chunk.length > PIECE) flush();
      if (chunk.length > PIECE) return pour(chunk);
      batch.set(chunk, filled);
      filled += chunk.length;
    },
    close() {
      flush();
      end();
    },
    abort() {
      end();
      Deno.removeSync(path);
    },
  };
}
