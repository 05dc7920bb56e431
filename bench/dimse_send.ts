/**
 * Stores all files below a folder; prints how long that took without the start of the process.
 *
 *     dimse_send.ts PORT FOLDER ASSOCIATIONS [FOLDER_WITH_PEM [certified]]
 */

import { parseDicomHeader } from "../formats/mod.ts";
import {
  AssociationPool,
  contextsOf,
  cStore,
  type RefillingReader,
} from "../transports/dicom/dimse/mod.ts";
import type { Bytes } from "../vfs/bytes.ts";
import { pemOptions } from "./dimse_pem.ts";
import { printPeakMemory } from "./harness.ts";

/** Bytes of a file that are read before its turn to be sent. */
const CHUNK = 1 << 20;
/** Files up to here are read before a thread would have been woken for it. */
const QUICK = 64 * 1024;

const [port, folder, associations, pem, certified] = Deno.args;
const size = Number(associations);
const files = [...filesBelow(folder!)];
const sopClassUID = "1.2.840.10008.5.1.4.1.1.2";
const transferSyntaxUID = "1.2.840.10008.1.2.1";
const [contexts] = contextsOf([[sopClassUID, transferSyntaxUID]]);

const begin = performance.now();
await using pool = new AssociationPool({
  hostname: "localhost",
  port: Number(port),
  calledAET: "ANY",
  size,
  tls: pem ? await pemOptions(pem, certified !== undefined) : undefined,
});
// One more than there are associations: it has read its file by the time that one is free.
await Promise.all(Array.from({ length: size + 2 }, sendFromQueue));
console.log(`operation ${performance.now() - begin} ms`);
await printPeakMemory();

async function sendFromQueue(): Promise<void> {
  const buffer = new Uint8Array(CHUNK);
  for (let file = files.pop(); file; file = files.pop()) {
    const { sopInstanceUID, dataset } = await opened(file, buffer);
    const request = { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset };
    await pool.run({ contexts: contexts! }, (association) => cStore(association, request));
    // The next in line is sent before a further file is read.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function* filesBelow(top: string): Generator<{ path: string; size: number }> {
  for (const { name, isDirectory } of Deno.readDirSync(top)) {
    const path = `${top}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield { path, size: Deno.statSync(path).size };
  }
}

/** The instance of a file, with as much of it as there is room for read ahead. */
async function opened(
  { path, size }: { path: string; size: number },
  buffer: Uint8Array<ArrayBuffer>,
): Promise<{ sopInstanceUID: string; dataset: Bytes }> {
  const file = size <= QUICK ? Deno.openSync(path) : await Deno.open(path);
  const length = Math.min(size, buffer.length);
  for (let at = 0; at < length;) {
    const rest = buffer.subarray(at, length);
    at += (size <= QUICK ? file.readSync(rest) : await file.read(rest))!;
  }
  const start = 144 + new DataView(buffer.buffer).getUint32(140, true);
  const head = parseDicomHeader(buffer.subarray(0, 4096), { until: "SOPInstanceUID" });
  const sopInstanceUID = head.string("SOPInstanceUID")!;
  const first = buffer.subarray(start, length);
  if (size > length) return { sopInstanceUID, dataset: rest(first, file) };
  file.close();
  return { sopInstanceUID, dataset: first };
}

/** `first`, and what comes after it in a file. */
function rest(first: Uint8Array<ArrayBuffer>, file: Deno.FsFile): RefillingReader {
  let isOpen = true;
  let at = 0;
  const readInto = async (buffer: Uint8Array): Promise<number | null> => {
    if (at === first.length) return await file.read(buffer);
    const part = first.subarray(at, at + buffer.length);
    buffer.set(part);
    at += part.length;
    return part.length;
  };
  return {
    readInto,
    async read() {
      const chunk = new Uint8Array(CHUNK);
      const count = await readInto(chunk);
      return count === null ? undefined : chunk.subarray(0, count);
    },
    close() {
      if (isOpen) file.close();
      isOpen = false;
      return Promise.resolve();
    },
  };
}
