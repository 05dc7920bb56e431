/**
 * C-GET and C-MOVE as a server: the sub-operations.
 *
 * @module
 */

import type { Association } from "./association.ts";
import type { CommandSet } from "./command_set.ts";
import { TRANSFER_SYNTAX } from "./uids.ts";
import type { Query } from "./scp.ts";
import { cStore, type StoreRequest } from "./store.ts";

/** An instance to be sent, over the association of the operation unless another is given. */
export interface Suboperation extends StoreRequest {
  /** The association with the destination, for a C-MOVE. */
  readonly to?: Association;
}

/** What a C-GET or C-MOVE sends. */
export interface Retrieval {
  /** How many there are. */
  readonly total: number;
  /** The instances; whoever gives them is told when no more are wanted. */
  readonly instances: AsyncIterable<Suboperation>;
  /** Hears the final status, once all are sent or the peer has cancelled; not where `instances` or the association fail. */
  onEnd?(status: number): void;
}

type Answer = (
  status: number,
  more?: Partial<CommandSet>,
  dataset?: Uint8Array<ArrayBuffer>,
) => Promise<void>;

/** Failed instances that are named to the peer; their list must fit into one element. */
const MAX_NAMED = 900;

/** Sends instances by C-STORE sub-operations, telling the peer of each (PS3.4 §C.4.2.2). */
export async function serveRetrieval(
  query: Query,
  retrieval: Retrieval,
  command: CommandSet,
  answer: Answer,
): Promise<void> {
  const failed: string[] = [];
  let completed = 0;
  let warning = 0;
  let failures = 0;
  const counts = () => ({
    NumberOfCompletedSuboperations: completed,
    NumberOfFailedSuboperations: failures,
    NumberOfWarningSuboperations: warning,
  });
  const remaining = () => Math.max(0, retrieval.total - completed - failures - warning);
  const moveOriginator = query.destination === undefined ? undefined : {
    aeTitle: query.association.request.callingAET,
    messageId: command.MessageID!,
  };
  for await (const { to = query.association, ...instance } of retrieval.instances) {
    if (query.signal.aborted) break;
    try {
      const { status } = await cStore(to, { ...instance, moveOriginator });
      if (status.class === "warning") warning++;
      else completed++;
    } catch (error) {
      if (!to.isOpen && to === query.association) throw error;
      failures++;
      if (failed.length < MAX_NAMED) failed.push(instance.sopInstanceUID);
    }
    if (query.signal.aborted) break;
    if (remaining() > 0) {
      await answer(0xFF00, { ...counts(), NumberOfRemainingSuboperations: remaining() });
    }
  }
  const list = failed.length > 0 ? failedList(failed, query.transferSyntaxUID) : undefined;
  const isCancelled = query.signal.aborted;
  const end = failures + warning === 0 ? 0 : completed + warning === 0 ? 0xA702 : 0xB000;
  const status = isCancelled ? 0xFE00 : end;
  retrieval.onEnd?.(status);
  const NumberOfRemainingSuboperations = isCancelled ? remaining() : undefined;
  await answer(status, { ...counts(), NumberOfRemainingSuboperations }, list);
}

/** A dataset of FailedSOPInstanceUIDList (0008,0058) only. */
function failedList(uids: readonly string[], transferSyntaxUID: string): Uint8Array<ArrayBuffer> {
  const text = uids.join("\\");
  const value = new TextEncoder().encode(text + "\0".repeat(text.length % 2));
  const out = new Uint8Array(8 + value.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, 0x0008, true);
  view.setUint16(2, 0x0058, true);
  if (transferSyntaxUID === TRANSFER_SYNTAX.implicit) view.setUint32(4, value.length, true);
  else {
    out.set([0x55, 0x49], 4);
    view.setUint16(6, value.length, true);
  }
  out.set(value, 8);
  return out;
}
