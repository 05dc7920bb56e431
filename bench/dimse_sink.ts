import {
  type DatasetSink,
  IMPLEMENTATION_CLASS_UID,
  type IncomingInstance,
} from "../transports/dicom/dimse/mod.ts";
import { encodeFileMeta } from "../formats/mod.ts";

/** Smaller pieces are collected. */
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
      if (filled + chunk.length > BATCH) flush();
      if (chunk.length > BATCH) return pour(chunk);
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
