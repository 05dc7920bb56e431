import type { DatasetSink, IncomingInstance } from "../transports/dicom/dimse/mod.ts";
import { writeDicomFile } from "../testing/dicom_writer.ts";

/** Bytes that go into the file at once. */
const BATCH = 1 << 20;

/** Writes an instance to a file of its own, by large writes; reading from the peer goes on meanwhile. */
export function fileSink(folder: string, instance: IncomingInstance): DatasetSink {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = instance;
  const path = `${folder}/${sopInstanceUID}`;
  const meta = metaOf(sopClassUID, sopInstanceUID, transferSyntaxUID);
  let batch = new Uint8Array(BATCH);
  batch.set(meta);
  let filled = meta.length;
  let file: Promise<Deno.FsFile> | undefined;
  let pending: Promise<void> = Promise.resolve();

  async function pour(bytes: Uint8Array): Promise<void> {
    const open = await (file ??= Deno.create(path));
    for (let at = 0; at < bytes.length;) at += await open.write(bytes.subarray(at));
  }

  return {
    async write(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (filled === batch.length) {
          await pending;
          pending = pour(batch);
          // Awaited with the next batch.
          pending.catch(() => {});
          batch = new Uint8Array(BATCH);
          filled = 0;
        }
        const length = Math.min(batch.length - filled, chunk.length - at);
        batch.set(chunk.subarray(at, at + length), filled);
        filled += length;
        at += length;
      }
    },
    async close() {
      await pending;
      const rest = batch.subarray(0, filled);
      if (!file) return await Deno.writeFile(path, rest);
      await pour(rest);
      (await file).close();
    },
    async abort() {
      await pending.catch(() => {});
      (await file)?.close();
      if (file) await Deno.remove(path);
    },
  };
}

/** Preamble and file meta information: those of a file without a dataset. */
function metaOf(SOPClassUID: string, SOPInstanceUID: string, transferSyntaxUID: string) {
  const file = writeDicomFile({ SOPClassUID, SOPInstanceUID }, { transferSyntaxUID });
  const { buffer } = file;
  return file.subarray(0, 144 + new DataView(buffer).getUint32(140, true));
}
