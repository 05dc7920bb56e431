/**
 * Stores all files below a folder by a loop that reads, sends and waits, and does nothing else: what Deno leaves to be
 * reached on one connection. It is no client: it takes whatever comes for a success, and has neither limits nor errors.
 *
 *     dimse_bare.ts PORT FOLDER
 */

import { printPeakMemory } from "./harness.ts";

/** Headers of a PDU and its PDV. */
const HEADERS = 12;
/** Where a file is read to, behind the longest command. */
const FILE = 512;
/** Preamble, `DICM` and (0002,0000). */
const META_START = 144;
const ROOM = 256 * 1024;
const SOP_CLASS = "1.2.840.10008.5.1.4.1.1.2";

/** Memory of a message; while one is waited for, the next is made in the other. */
interface Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

const [port, folder] = Deno.args;
const begin = performance.now();
const connection = await Deno.connect({ hostname: "localhost", port: Number(port) });
connection.setNoDelay(true);
const incoming = new Uint8Array(65536);
const incomingView = new DataView(incoming.buffer);
await send(associateRequest());
await receive(connection.read(incoming));
await sendAll();
await send(Uint8Array.of(5, 0, 0, 0, 0, 4, 0, 0, 0, 0));
await receive(connection.read(incoming));
connection.close();
console.log(`operation ${performance.now() - begin} ms`);
await printPeakMemory();

async function sendAll(): Promise<void> {
  let message = empty();
  let spare = empty();
  let answer: Promise<number | null> | undefined;
  let id = 0;
  for (const { name } of Deno.readDirSync(folder!)) {
    const length = fill(message, `${folder}/${name}`, id = id % 0xFFFF + 1);
    if (answer) await receive(answer);
    await send(message.bytes.subarray(0, length));
    answer = connection.read(incoming);
    [message, spare] = [spare, message];
  }
  if (answer) await receive(answer);
}

function empty(): Message {
  const bytes = new Uint8Array(ROOM);
  return { bytes, view: new DataView(bytes.buffer) };
}

async function send(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Awaits a PDU of which the first read is under way. */
async function receive(reading: Promise<number | null>): Promise<void> {
  let length = 0;
  for (let count = await reading;; count = await connection.read(incoming.subarray(length))) {
    if (count === null) throw new Error("The peer closed the connection");
    length += count;
    if (length >= 6 && length >= 6 + incomingView.getUint32(2)) return;
  }
}

/** Makes a C-STORE-RQ with the dataset of a file, and tells its length. */
function fill({ bytes, view }: Message, path: string, id: number): number {
  const file = Deno.openSync(path);
  const read = file.readSync(bytes.subarray(FILE))!;
  file.close();
  const meta = FILE + META_START;
  const dataset = meta + view.getUint32(meta - 4, true);
  let uid = meta;
  while (view.getUint16(uid + 2, true) < 3) {
    const isLong = bytes[uid + 4] === 0x4F; // OB, of (0002,0001)
    uid += isLong ? 12 + view.getUint32(uid + 8, true) : 8 + view.getUint16(uid + 6, true);
  }
  const uidLength = view.getUint16(uid + 6, true);
  let at = HEADERS;
  const element = (number: number, length: number) => {
    view.setUint32(at, number << 16, true);
    view.setUint32(at + 4, length, true);
    return (at += 8 + length) - length;
  };
  const short = (number: number, value: number) => view.setUint16(element(number, 2), value, true);
  const groupLength = element(0x0000, 4);
  putText(bytes, element(0x0002, SOP_CLASS.length + 1), `${SOP_CLASS}\0`);
  short(0x0100, 1);
  short(0x0110, id);
  short(0x0700, 0);
  short(0x0800, 0);
  bytes.copyWithin(element(0x1000, uidLength), uid + 8, uid + 8 + uidLength);
  view.setUint32(groupLength, at - groupLength - 4, true);
  putHeaders(view, 0, at - HEADERS, 3);
  bytes.copyWithin(at + HEADERS, dataset, FILE + read);
  putHeaders(view, at, FILE + read - dataset, 2);
  return at + HEADERS + FILE + read - dataset;
}

function putHeaders(view: DataView, at: number, length: number, control: number): void {
  view.setUint16(at, 0x0400);
  view.setUint32(at + 2, length + 6);
  view.setUint32(at + 6, length + 2);
  view.setUint16(at + 10, 0x0100 | control);
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

function associateRequest(): Uint8Array {
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const item = (type: number, ...value: number[]) => [type, 0, 0, value.length, ...value];
  const syntaxes = [
    ...item(0x30, ...text(SOP_CLASS)),
    ...item(0x40, ...text("1.2.840.10008.1.2.1")),
  ];
  const user = [...item(0x51, 0, 2, 0, 0), ...item(0x52, ...text("1.2.3.4"))];
  const body = [
    ...[0, 1, 0, 0],
    ...text("ANY".padEnd(16) + "BARE".padEnd(16)),
    ...new Array<number>(32).fill(0),
    ...item(0x10, ...text("1.2.840.10008.3.1.1.1")),
    ...item(0x20, 1, 0, 0, 0, ...syntaxes),
    ...item(0x50, ...user),
  ];
  return Uint8Array.of(1, 0, 0, 0, 0, body.length, ...body);
}
