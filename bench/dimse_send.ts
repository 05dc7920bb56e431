/**
 * Stores all files below a folder; prints how long that took without the start of the process.
 *
 *     dimse_send.ts PORT FOLDER ASSOCIATIONS [FOLDER_WITH_PEM [certified]]
 */

import {
  type Association,
  AssociationPool,
  contextsOf,
  cStore,
  type TlsOptions,
} from "../transports/dicom/dimse/mod.ts";
import type { Bytes, ChunkReader } from "../vfs/bytes/bytes.ts";
import { printPeakMemory } from "./harness.ts";

/** Bytes of a file that are read before its turn to be sent. */
const CHUNK = 640 * 1024;
/** Preamble, `DICM` and (0002,0000). */
const META_START = 144;

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
await Promise.all(Array.from({ length: size }, () =>
  // Two by turns: the next file has lined up by the time that the one before is answered.
  pool.run({ contexts: contexts! }, async (association) => {
    await Promise.all([sendFromQueue(association), sendFromQueue(association)]);
  })));
console.log(`operation ${performance.now() - begin} ms`);
await printPeakMemory();

async function sendFromQueue(association: Association): Promise<void> {
  const buffer = new Uint8Array(CHUNK);
  for (let path = files.pop(); path; path = files.pop()) {
    const { sopInstanceUID, dataset } = opened(path, buffer);
    await cStore(association, { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset });
  }
}

function* filesBelow(top: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(top)) {
    const path = `${top}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

/** The instance of a file, with as much of it as there is room for read ahead: no thread is woken for that. */
function opened(
  path: string,
  buffer: Uint8Array<ArrayBuffer>,
): { sopInstanceUID: string; dataset: Bytes } {
  const file = Deno.openSync(path);
  let length = 0;
  for (let count; (count = file.readSync(buffer.subarray(length)));) length += count;
  const view = new DataView(buffer.buffer);
  const start = META_START + view.getUint32(META_START - 4, true);
  const sopInstanceUID = sopInstanceUIDOf(buffer, view);
  const first = buffer.subarray(start, length);
  if (length === buffer.length) return { sopInstanceUID, dataset: rest(first, file) };
  file.close();
  return { sopInstanceUID, dataset: first };
}

/** What file meta information says of the instance, (0002,0003); its elements come in order (PS3.10 §7.1). */
function sopInstanceUIDOf(bytes: Uint8Array, view: DataView): string {
  let at = META_START;
  while (view.getUint16(at + 2, true) < 3) {
    const isLong = bytes[at + 4] === 0x4F; // OB, of (0002,0001)
    at += isLong ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true);
  }
  const value = bytes.subarray(at + 8, at + 8 + view.getUint16(at + 6, true));
  return String.fromCharCode(...value).replace(/\0$/, "");
}

/** Trusts the authority, and shows the certificate when `isCertified`. */
async function pemOptions(folder: string, isCertified: boolean): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all(
    ["ca", "cert", "key"].map((name) => Deno.readTextFile(`${folder}/${name}.pem`)),
  );
  return { caCerts: [ca!], ...isCertified && { cert, key } };
}

/** `first`, and what comes after it in a file. */
function rest(first: Uint8Array<ArrayBuffer>, file: Deno.FsFile): ChunkReader {
  let isOpen = true;
  let begin: typeof first | undefined = first;
  return {
    read(into = new Uint8Array(CHUNK)) {
      const chunk = begin;
      begin = undefined;
      if (chunk) return Promise.resolve(chunk);
      const count = file.readSync(into);
      return Promise.resolve(count === null ? undefined : into.subarray(0, count));
    },
    close() {
      if (isOpen) file.close();
      isOpen = false;
      return Promise.resolve();
    },
  };
}
