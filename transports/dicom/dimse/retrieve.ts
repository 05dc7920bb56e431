/**
 * C-GET and C-MOVE as a client.
 *
 * @module
 */

import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import type { Association } from "./association.ts";
import { type CommandSet, NO_DATASET } from "./command_set.ts";
import type { ServiceOptions } from "./echo.ts";
import { ServiceFailed } from "./errors.ts";
import { encodeIdentifier, type IdentifierInput } from "./identifier.ts";
import { outcome, type ServiceResult } from "./outcome.ts";
import { requestCommand, requireContext } from "./invocation.ts";
import { dispatcher, type IncomingInstance, type ScpHandlers } from "./scp.ts";
import { attempt, MemorySink } from "./sink.ts";
import { statusOf } from "./status.ts";
import { QUERY_RETRIEVE } from "./uids.ts";

/** How far a C-GET or C-MOVE has come; fields that the peer leaves out are undefined. */
export interface RetrieveProgress {
  /** Sub-operations to come. */
  readonly remaining?: number;
  /** Instances sent. */
  readonly completed?: number;
  /** Instances that could not be sent. */
  readonly failed?: number;
  /** Instances sent with a warning. */
  readonly warning?: number;
}

/** What to retrieve. */
export interface RetrieveRequest extends ServiceOptions {
  /** Information model; `study`. */
  readonly model?: keyof typeof QUERY_RETRIEVE;
  /** QueryRetrieveLevel and unique keys. */
  readonly identifier: IdentifierInput | Uint8Array<ArrayBuffer>;
  /** 2 low, 0 medium, 1 high; medium. */
  readonly priority?: number;
  /** Hears of each response. */
  readonly onProgress?: (progress: RetrieveProgress) => void;
}

/** A C-GET: instances come on the same association. */
export interface GetRequest extends RetrieveRequest {
  /**
   * Gives the sink for an instance. The archive is told of success when all its bytes have come, and sends the next while
   * the sink writes the last of them: of what fails then, only the caller hears.
   */
  readonly onInstance: NonNullable<ScpHandlers["store"]>;
}

/** A C-MOVE: instances go to another AE. */
export interface MoveRequest extends RetrieveRequest {
  /** AE title that the peer knows. */
  readonly destination: string;
}

/** How a retrieval ended. */
export interface RetrieveResult extends ServiceResult, RetrieveProgress {
  /** Instances that the peer says it could not send (0008,0058). */
  readonly failedInstances: readonly string[];
}

/** A sink that failed, or could not be had. */
interface SinkFailure {
  readonly instance: IncomingInstance;
  readonly error: unknown;
}

/**
 * C-GET: streams instances into the sinks that `onInstance` gives (PS3.7 §9.1.3, PS3.4 §C.4.3). Their SOP classes
 * must have been proposed, with the SCP role. When a sink fails, what comes after is refused, and the peer is asked to
 * stop. Resolved, all sinks are done.
 *
 * @throws an error of the kind that a sink failed with, which is its `cause`, or `Unexpected`, naming the instance;
 * `ServiceFailed`, with `PartialFailure` when instances are missing; `NotSupported` without a context; the
 * association's failure
 */
export async function cGet(
  association: Association,
  request: GetRequest,
): Promise<RetrieveResult> {
  const sopClassUID = QUERY_RETRIEVE[request.model ?? "study"].get;
  const { onInstance } = request;
  let failure: SinkFailure | undefined;
  // Of one sink at most: the next waits for it.
  let ending: Promise<void> | void = undefined;
  const before = association.onRequest;
  let cancel = () => {};
  const fail = (instance: IncomingInstance, error: unknown) => {
    if (failure) return;
    failure = { instance, error };
    cancel();
  };
  association.onRequest = dispatcher({
    async store(instance, from) {
      if (failure) throw failure.error;
      try {
        const sink = await onInstance(instance, from);
        return watched(sink, (error) => fail(instance, error), (work) => ending = work);
      } catch (error) {
        fail(instance, error);
        throw error;
      }
    },
  }, { when: "received" });
  try {
    const result = await retrieve(association, "C-GET", sopClassUID, request, (stop) => {
      cancel = stop;
    });
    // The archive may have been told that all is well.
    if (!failure) return result;
  } catch (error) {
    if (!failure) throw error;
  } finally {
    association.onRequest = before;
    // What is half there is gone when the caller hears of it, and what has come whole is there.
    await Promise.allSettled([ending]);
  }
  throw sinkFailed(failure, association.url);
}

function sinkFailed({ instance, error }: SinkFailure, url: string): VfsError {
  const { kind = "Unexpected", status, detail } = isVfsError(error) ? error : {};
  const what = error instanceof Error ? error.message : String(error);
  const reason = `instance ${instance.sopInstanceUID} could not be taken: ${what}`;
  return new VfsError(kind, { op: "get from", url, reason, status, detail, cause: error });
}

/** Tells of failures of a sink, and of its end. */
function watched(
  sink: Awaited<ReturnType<GetRequest["onInstance"]>>,
  onFailure: (error: unknown) => void,
  onEnd: (work: Promise<void> | void) => Promise<void> | void,
): typeof sink {
  const fail = (error: unknown): never => {
    onFailure(error);
    throw error;
  };
  return {
    write: (chunk) => attempt(() => sink.write(chunk), fail),
    close: () => onEnd(attempt(() => sink.close(), fail)),
    abort: (reason) => onEnd(sink.abort(reason)),
  };
}

/**
 * C-MOVE: has the peer send instances to another AE (PS3.7 §9.1.4, PS3.4 §C.4.2).
 *
 * @throws `ServiceFailed`, with `InvalidArgument` for an unknown destination and `PartialFailure` when instances
 * could not be sent; `NotSupported` without a context; the association's failure
 */
export function cMove(association: Association, request: MoveRequest): Promise<RetrieveResult> {
  const sopClassUID = QUERY_RETRIEVE[request.model ?? "study"].move;
  return retrieve(association, "C-MOVE", sopClassUID, request, () => {}, request.destination);
}

async function retrieve(
  association: Association,
  service: "C-GET" | "C-MOVE",
  sopClassUID: string,
  request: RetrieveRequest,
  onCancel: (cancel: () => void) => void,
  MoveDestination?: string,
): Promise<RetrieveResult> {
  const op = service === "C-GET" ? "get from" : "move from";
  const context = requireContext(association, op, sopClassUID);
  const { transferSyntaxUID } = context;
  let failedInstances: readonly string[] = [];
  const field = service === "C-GET" ? "C_GET_RQ" : "C_MOVE_RQ";
  const operation = association.invoke({
    context,
    op,
    command: {
      ...requestCommand(field, sopClassUID),
      Priority: request.priority ?? 0,
      MoveDestination,
    },
    dataset: encodeIdentifier(request.identifier, transferSyntaxUID),
    timeoutMs: association.timeouts.subOperationMs,
    signal: request.signal,
    onResponse(response) {
      request.onProgress?.(progressOf(response));
      failedInstances = response.FailedSOPInstanceUIDList?.split("\\") ?? failedInstances;
      if (response.CommandDataSetType === NO_DATASET) return undefined;
      return new MemorySink((bytes) => {
        failedInstances = bytes === undefined ? [] : failedUIDs(bytes, transferSyntaxUID);
      });
    },
  });
  onCancel(() => {
    operation.cancel().catch(() => {/* the association's end settles it */});
  });
  const response = await operation.done;
  const progress = progressOf(response);
  const missing = failedInstances.length > 0
    ? `failed instances ${failedInstances.slice(0, 5).join(", ")}` +
      (failedInstances.length > 5 ? ` and ${failedInstances.length - 5} more` : "")
    : undefined;
  const result = outcome(service, op, association.url, response, missing);
  const { status, comment } = result;
  const { failed = 0, warning = 0 } = progress;
  const isCancel = status.class === "cancel";
  // B000H also ends what has arrived whole, with warnings of whoever took it (PS3.4 Table C.4-2).
  const isWarned = progress.failed === 0 && warning > 0;
  if (isCancel || failed > 0 || status.code === 0xB000 && !isWarned) {
    const { code, meaning } = isCancel ? status : statusOf(service, 0xB000);
    throw new ServiceFailed(
      isCancel ? "Incomplete" : "PartialFailure",
      { op, url: association.url, status: "permanent", reason: missing },
      { code, meaning, comment },
    );
  }
  return { ...result, ...progress, failedInstances };
}

function progressOf(response: CommandSet): RetrieveProgress {
  return {
    remaining: response.NumberOfRemainingSuboperations,
    completed: response.NumberOfCompletedSuboperations,
    failed: response.NumberOfFailedSuboperations,
    warning: response.NumberOfWarningSuboperations,
  };
}

function failedUIDs(bytes: Uint8Array, transferSyntaxUID: string): string[] {
  return parseDicomHeader(bytes, { transferSyntaxUID }).strings("FailedSOPInstanceUIDList");
}
