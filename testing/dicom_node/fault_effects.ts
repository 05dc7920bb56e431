/**
 * What faults do to requests.
 *
 * @module
 */

import {
  type Association,
  classOf,
  type DatasetSink,
  NOWHERE,
  type Suboperation,
} from "../../transports/dicom/dimse/mod.ts";
import { type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import { type Clock, sleep } from "../../vfs/concurrency/clock.ts";
import { failure } from "./failure.ts";
import type { DicomFault } from "./faults.ts";

/**
 * Breaks the association, or waits for its end, once a fault of that kind has let `amount` pass.
 *
 * @throws `ServiceFailed` then, which nobody is told
 */
export async function breaking(
  fault: DicomFault | undefined,
  amount: number,
  association: Association,
): Promise<void> {
  if (!fault || amount < limitOf(fault)) return;
  // The end is not waited for: a message that is being sent would wait for itself.
  if ("abort" in fault) association.abort();
  if ("drop" in fault) association.drop();
  if ("stall" in fault) await association.closed;
  throw failure("C-STORE", 0xC000, association.url, "a fault was injected");
}

/** Waits before an answer. */
export async function delayed(
  fault: DicomFault | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (fault && "delay" in fault) await sleep(clock, fault.delay, signal);
}

/** A sink that a fault falls on. */
export function faultySink(
  sink: DatasetSink,
  fault: DicomFault,
  association: Association,
  clock: Clock,
): DatasetSink {
  const refused = "status" in fault && classOf(fault.status) !== "warning";
  const target = refused || "lose" in fault ? NOWHERE : sink;
  const ended = new AbortController();
  association.closed.then(() => ended.abort());
  let length = 0;
  return {
    async write(chunk) {
      length += chunk.length;
      await breaking(fault, length, association);
      await target.write(chunk);
    },
    async close() {
      await breaking(fault, Number.MAX_VALUE, association);
      await delayed(fault, clock, ended.signal);
      await target.close();
      if ("status" in fault) {
        throw failure("C-STORE", fault.status, association.url, "a fault was injected");
      }
    },
    abort: (reason) => target.abort(reason),
  };
}

/** An instance of a retrieval that a fault falls on; `sent` counts the bytes of all that it falls on. */
export function faultyInstance(
  instance: Suboperation,
  fault: DicomFault,
  association: Association,
  sent: { bytes: number },
): Suboperation {
  const { dataset } = instance;
  const open = async (): Promise<ChunkReader> => {
    if ("status" in fault) throw failure("C-STORE", fault.status, association.url);
    const reader = readerOf("open" in dataset ? await dataset.open() : dataset);
    let rest: Uint8Array<ArrayBuffer> | undefined;
    return {
      async read() {
        await breaking(fault, sent.bytes, association);
        const chunk = rest ?? await reader.read();
        if (!chunk) return;
        const part = chunk.subarray(0, Math.max(1, limitOf(fault) - sent.bytes));
        rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
        sent.bytes += part.length;
        return part;
      },
      close: (reason) => reader.close(reason),
    };
  };
  const size = "open" in dataset ? dataset.size : undefined;
  return { ...instance, dataset: { size, replayable: false, open } };
}

/** How much passes before a fault breaks an association. */
function limitOf(fault: DicomFault): number {
  if ("abort" in fault) return fault.abort;
  if ("drop" in fault) return fault.drop;
  return "stall" in fault ? fault.stall : Infinity;
}
