/**
 * The services as SCP: what a peer asks of us, and what it is answered.
 *
 * @module
 */

import { isVfsError } from "../../../vfs/errors.ts";
import type { Association, RequestListener } from "./association.ts";
import { COMMAND, type CommandSet, NO_DATASET } from "./command_set.ts";
import { statusOfError } from "./error_status.ts";
import { type AcceptedContext, MAX_WINDOW } from "./negotiation.ts";
import { type Retrieval, serveRetrieval } from "./scp_retrieve.ts";
import {
  answeredSink,
  type AnswerWhen,
  type DatasetSink,
  type IncomingDataset,
  MemorySink,
} from "./sink.ts";
import type { Service } from "./status.ts";

/** An instance that a peer sends. */
export interface IncomingInstance {
  /** SOP class, as the command says; the dataset may say otherwise. */
  readonly sopClassUID: string;
  /** SOP instance, as the command says: digits and dots, 64 at most. */
  readonly sopInstanceUID: string;
  /** How the dataset is encoded. */
  readonly transferSyntaxUID: string;
  /** Who asked for it by C-MOVE, if so. */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageId?: number };
}

/** What a peer queries, or wants to retrieve. */
export interface Query {
  /** Information model, as a SOP class. */
  readonly sopClassUID: string;
  /** The identifier as it came. */
  readonly identifier: Uint8Array<ArrayBuffer>;
  /** How the identifier is encoded, and the answers must be. */
  readonly transferSyntaxUID: string;
  /** The AE title to move to; undefined but for C-MOVE. */
  readonly destination?: string;
  /** Fires when the peer cancels, or the association ends. */
  readonly signal: AbortSignal;
  /** The association. */
  readonly association: Association;
}

/** What we do for a peer; services left out are refused. */
export interface ScpHandlers {
  /** C-STORE: gives the sink for the dataset; its `close` settles before the peer is told of success. */
  store?(
    instance: IncomingInstance,
    association: Association,
  ): DatasetSink | Promise<DatasetSink>;
  /** C-FIND: the answers as encoded identifiers. */
  find?(query: Query): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** C-GET: the instances to send. */
  get?(query: Query): Promise<Retrieval>;
  /** C-MOVE: the instances to send, each with an association with the destination. */
  move?(query: Query): Promise<Retrieval>;
}

/** Hears of what goes on by itself, and may outlive its association. */
export type Track = (work: Promise<unknown>) => void;

/**
 * Makes the listener that answers requests by `handlers`. C-ECHO is always answered; C-STORE when the instance is
 * stored, or as `when` says.
 */
export function dispatcher(
  handlers: ScpHandlers,
  { track = () => {}, when = "stored" }: {
    readonly track?: Track;
    readonly when?: AnswerWhen;
  } = {},
): RequestListener {
  const running = new WeakMap<Association, Map<number, AbortController>>();
  const runningOf = (association: Association) => {
    let map = running.get(association);
    if (map === undefined) {
      map = new Map();
      running.set(association, map);
      const all = map;
      association.closed.then(() => all.forEach((each) => each.abort()));
    }
    return map;
  };

  return (association, context, command) => {
    const answer = (
      Status: number,
      more?: Partial<CommandSet>,
      dataset?: Uint8Array<ArrayBuffer>,
    ) => respond(association, context, command, { Status, ...more }, dataset);
    // Awaited, so that a peer which does not read its answers cannot go on asking.
    const reply = (status: number): Promise<undefined> => answer(status).then(() => undefined);
    const withIdentifier = (service: Service, serve: (query: Query) => Promise<void>) => {
      if (command.CommandDataSetType === NO_DATASET) return reply(0xA900);
      return new MemorySink((identifier) => {
        if (identifier === undefined) return answer(0xA700);
        const controller = new AbortController();
        const map = runningOf(association);
        if (map.has(command.MessageID!)) return answer(0x0210);
        if (map.size >= MAX_WINDOW) return answer(0x0213);
        map.set(command.MessageID!, controller);
        const query: Query = {
          sopClassUID: command.AffectedSOPClassUID ?? context.sopClassUID,
          identifier,
          transferSyntaxUID: context.transferSyntaxUID,
          destination: command.MoveDestination,
          signal: controller.signal,
          association,
        };
        // Not awaited: a C-CANCEL, or answers to sub-operations, must be read meanwhile.
        const serving = serve(query)
          .catch((error) =>
            // What a C-CANCEL interrupts has not failed.
            controller.signal.aborted
              ? answer(0xFE00)
              : answer(statusOfError(error, service), commentOf(error))
          )
          .finally(() => map.delete(command.MessageID!));
        track(serving);
      });
    };

    switch (command.CommandField) {
      case COMMAND.C_ECHO_RQ:
        return reply(0);
      case COMMAND.C_STORE_RQ:
        return store(handlers, association, context, command, answer, reply, track, when);
      case COMMAND.C_CANCEL_RQ:
        return void runningOf(association).get(command.MessageIDBeingRespondedTo!)?.abort();
      case COMMAND.C_FIND_RQ: {
        const { find } = handlers;
        if (!find) return reply(0x0122);
        return withIdentifier("C-FIND", async (query) => {
          for await (const identifier of find(query)) {
            if (query.signal.aborted) return await answer(0xFE00);
            await answer(0xFF00, {}, identifier);
          }
          await answer(query.signal.aborted ? 0xFE00 : 0);
        });
      }
      case COMMAND.C_GET_RQ:
      case COMMAND.C_MOVE_RQ: {
        const isGet = command.CommandField === COMMAND.C_GET_RQ;
        const retrieve = isGet ? handlers.get : handlers.move;
        if (!retrieve) return reply(0x0122);
        return withIdentifier(
          isGet ? "C-GET" : "C-MOVE",
          async (query) => await serveRetrieval(query, await retrieve(query), command, answer),
        );
      }
      default:
        return reply(0x0211);
    }
  };
}

async function store(
  handlers: ScpHandlers,
  association: Association,
  context: AcceptedContext,
  command: CommandSet,
  answer: (status: number, more?: Partial<CommandSet>) => Promise<void>,
  refuse: (status: number) => Promise<undefined>,
  track: Track,
  when: AnswerWhen,
): Promise<IncomingDataset | undefined> {
  const sopInstanceUID = command.AffectedSOPInstanceUID ?? "";
  if (!handlers.store) return refuse(0x0122);
  if (command.CommandDataSetType === NO_DATASET) return refuse(0xA900);
  // It may become a file name.
  if (!/^[0-9.]{1,64}$/.test(sopInstanceUID)) return refuse(0x0117);
  const aeTitle = command.MoveOriginatorApplicationEntityTitle;
  const instance: IncomingInstance = {
    sopClassUID: command.AffectedSOPClassUID ?? context.sopClassUID,
    sopInstanceUID,
    transferSyntaxUID: context.transferSyntaxUID,
    moveOriginator: aeTitle === undefined
      ? undefined
      : { aeTitle, messageId: command.MoveOriginatorMessageID },
  };
  try {
    const sink = await handlers.store(instance, association);
    const guarded = answeredSink(
      sink,
      when,
      (error) => error === undefined ? answer(0) : answer(statusOfError(error), commentOf(error)),
    );
    const abort = (reason: unknown) => {
      const aborting = guarded.abort(reason);
      if (aborting) track(aborting);
      return aborting;
    };
    return { ...guarded, abort };
  } catch (error) {
    return refuse(statusOfError(error));
  }
}

/** A comment has 64 characters at most; it tells the kind, since messages may name people or paths. */
function commentOf(error: unknown): Partial<CommandSet> {
  return { ErrorComment: isVfsError(error) ? error.kind : "Internal error" };
}

async function respond(
  association: Association,
  context: AcceptedContext,
  request: CommandSet,
  fields: Partial<CommandSet>,
  dataset?: Uint8Array<ArrayBuffer>,
): Promise<void> {
  try {
    await association.send(context, {
      AffectedSOPClassUID: request.AffectedSOPClassUID,
      CommandField: request.CommandField | 0x8000,
      MessageIDBeingRespondedTo: request.MessageID,
      AffectedSOPInstanceUID: request.AffectedSOPInstanceUID,
      ...fields,
    }, dataset);
  } catch (error) {
    // The association has ended, and whoever waits for that is told why.
    if (association.isOpen) throw error;
  }
}
