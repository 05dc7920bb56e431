/**
 * C-FIND as a client.
 *
 * @module
 */

import type { DicomHeader } from "../../../formats/dicom/header.ts";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { FormatError } from "../../../formats/errors.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Association } from "./association.ts";
import { NO_DATASET } from "./command_set.ts";
import type { ServiceOptions } from "./echo.ts";
import { AsyncQueue } from "./async_queue.ts";
import { ServiceFailed } from "./errors.ts";
import { encodeIdentifier, type IdentifierInput } from "./identifier.ts";
import { outcome } from "./outcome.ts";
import { requestCommand, requireContext } from "./invocation.ts";
import { MAX_IDENTIFIER_LENGTH, MemorySink } from "./sink.ts";
import { QUERY_RETRIEVE } from "./uids.ts";

/** A query. */
export interface FindRequest extends ServiceOptions {
  /** Information model; `study`, which all archives have. */
  readonly model?: keyof typeof QUERY_RETRIEVE;
  /** Keys by keyword, empty ones to be answered; or the encoded identifier in the context's syntax. */
  readonly identifier: IdentifierInput | Uint8Array<ArrayBuffer>;
  /** 2 low, 0 medium, 1 high; medium. */
  readonly priority?: number;
  /** Character set of answers that name none. */
  readonly defaultCharacterSet?: string;
}

/** One answer to a query. */
export interface FindMatch {
  /** The identifier as it came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How it is encoded. */
  readonly transferSyntaxUID: string;
  /** The identifier read. */
  readonly dataset: DicomHeader;
  /** The peer said that it does not support some of the optional keys (FF01H). */
  readonly lacksKeys: boolean;
}

/** Answers that are read ahead of the consumer. */
const AHEAD = 256;
const MAX_DEPTH = 32;

/**
 * C-FIND: the answers one by one, as the consumer takes them (PS3.7 §9.1.2, PS3.4 §C.4.1). A consumer that stops
 * sends C-CANCEL, and the association can be used again.
 *
 * @throws `ServiceFailed`; `Incomplete` when the peer cuts its answer short (FE00H without being asked);
 * `Corrupt` for an identifier that cannot be read; `NotSupported` without a context; the association's failure
 */
export async function* cFind(
  association: Association,
  request: FindRequest,
): AsyncGenerator<FindMatch, void, void> {
  const op = "query";
  const { url } = association;
  const sopClassUID = QUERY_RETRIEVE[request.model ?? "study"].find;
  const context = requireContext(association, op, sopClassUID);
  const { transferSyntaxUID } = context;
  const queue = new AsyncQueue<FindMatch>(AHEAD);
  const operation = association.invoke({
    context,
    op,
    command: { ...requestCommand("C_FIND_RQ", sopClassUID), Priority: request.priority ?? 0 },
    dataset: encodeIdentifier(request.identifier, transferSyntaxUID),
    timeoutMs: association.timeouts.responseMs,
    signal: request.signal,
    onResponse({ Status, CommandDataSetType }) {
      // A final answer may carry an identifier against the standard; it says nothing.
      if (CommandDataSetType === NO_DATASET || Status! >>> 8 !== 0xFF) return undefined;
      return new MemorySink((bytes) => {
        const lacksKeys = Status === 0xFF01;
        return queue.push(() => match(bytes, transferSyntaxUID, lacksKeys, request, url));
      });
    },
  });
  let isDone = false;
  const ended = operation.done.then((response) => {
    isDone = true;
    const { status, comment } = outcome("C-FIND", op, url, response);
    if (status.class === "cancel") throw truncated(url, comment);
    queue.end();
  }).catch((error) => {
    isDone = true;
    queue.end(error);
  });
  try {
    yield* queue;
  } finally {
    queue.discard();
    if (!isDone) await operation.cancel().catch(() => {/* the association's end settles it */});
    await ended;
  }
}

function match(
  bytes: Uint8Array<ArrayBuffer> | undefined,
  transferSyntaxUID: string,
  lacksKeys: boolean,
  { defaultCharacterSet }: FindRequest,
  url: string,
): FindMatch {
  const fail = (reason: string, cause?: unknown) =>
    new VfsError("Corrupt", { op: "query", url, reason, cause });
  if (bytes === undefined) {
    throw fail(`the peer sent an identifier of more than ${MAX_IDENTIFIER_LENGTH} bytes`);
  }
  let dataset: DicomHeader;
  try {
    dataset = parseDicomHeader(bytes, {
      transferSyntaxUID,
      defaultCharacterSet,
      maxDepth: MAX_DEPTH,
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw fail("the peer sent an identifier that cannot be read", error);
  }
  if (dataset.damage) {
    throw fail(`the peer sent a damaged identifier: ${dataset.damage.text}`);
  }
  return { bytes, transferSyntaxUID, dataset, lacksKeys };
}

function truncated(url: string, comment?: string): ServiceFailed {
  return new ServiceFailed(
    "Incomplete",
    { op: "query", url, status: "permanent", reason: "the peer cut its answer short" },
    { code: 0xFE00, meaning: "cancelled by the peer, as at a limit of results", comment },
  );
}
