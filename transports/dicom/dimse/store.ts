/**
 * C-STORE as a client.
 *
 * @module
 */

import type { Bytes, Source } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Association } from "./association.ts";
import type { ServiceOptions } from "./echo.ts";
import { outcome, type ServiceResult } from "./outcome.ts";
import { requestCommand, requireContext } from "./invocation.ts";
import { TRANSFER_SYNTAX } from "./uids.ts";

/** An instance to store: its dataset as it is, without file meta information. */
export interface StoreRequest extends ServiceOptions {
  /** SOP class. */
  readonly sopClassUID: string;
  /** SOP instance. */
  readonly sopInstanceUID: string;
  /** How the dataset is encoded. */
  readonly transferSyntaxUID: string;
  /** The dataset's bytes; an array must stay as it is until the operation ends. */
  readonly dataset: Bytes | Source;
  /** 2 low, 0 medium, 1 high; medium. */
  readonly priority?: number;
  /** Whose C-MOVE this is a sub-operation of. */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageId: number };
}

/**
 * C-STORE: streams a dataset to the peer, unchanged (PS3.7 §9.1.1). Resolved, the peer has said that it has it;
 * a warning is in the result.
 *
 * @throws `ServiceFailed` when the peer refuses; `NotSupported` when it did not accept this class with this
 * transfer syntax; `Corrupt` for a dataset of odd length; the association's failure
 */
export async function cStore(
  association: Association,
  request: StoreRequest,
): Promise<ServiceResult> {
  const op = "store to";
  const { sopClassUID, sopInstanceUID, transferSyntaxUID, moveOriginator } = request;
  const context = requireContext(association, op, sopClassUID, transferSyntaxUID);
  const padOdd = transferSyntaxUID === TRANSFER_SYNTAX.deflated;
  const size = sizeOf(request.dataset);
  if (size !== undefined && size % 2 !== 0 && !padOdd) {
    throw new VfsError("Corrupt", {
      op,
      url: association.url,
      reason: `instance ${sopInstanceUID} has a dataset of odd length, ${size} bytes`,
    });
  }
  const dataset = "open" in request.dataset ? await request.dataset.open() : request.dataset;
  const { done } = association.invoke({
    context,
    op,
    command: {
      ...requestCommand("C_STORE_RQ", sopClassUID),
      Priority: request.priority ?? 0,
      AffectedSOPInstanceUID: sopInstanceUID,
      MoveOriginatorApplicationEntityTitle: moveOriginator?.aeTitle,
      MoveOriginatorMessageID: moveOriginator?.messageId,
    },
    dataset,
    padOdd,
    timeoutMs: association.timeouts.responseMs,
    signal: request.signal,
  });
  return outcome("C-STORE", op, association.url, await done, `instance ${sopInstanceUID}`);
}

function sizeOf(dataset: Bytes | Source): number | undefined {
  if (dataset instanceof Uint8Array) return dataset.length;
  return "open" in dataset ? dataset.size : undefined;
}
