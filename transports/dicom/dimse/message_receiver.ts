/**
 * Fragments put together to messages.
 *
 * @module
 */

import { concat } from "../../../vfs/bytes/bytes.ts";
import { type CommandSet, decodeCommand, hasDataset, MAX_COMMAND_LENGTH } from "./command_set.ts";
import { ABORT_REASON, PduError } from "./pdu.ts";
import type { Fragment } from "./pdu_reader.ts";
import { type DatasetSink, type IncomingDataset, NOWHERE } from "./sink.ts";

/** Says where the dataset of a message goes; undefined for nowhere. @throws `PduError` to abort */
export type CommandListener = (
  contextId: number,
  command: CommandSet,
) => IncomingDataset | undefined | void | Promise<IncomingDataset | undefined | void>;

/** Makes messages of fragments: command sets whole, datasets by pieces (PS3.7 §6.3, PS3.8 Annex E). */
export class MessageReceiver {
  readonly #onCommand: CommandListener;
  readonly #isAccepted: (contextId: number) => boolean;
  #command: Uint8Array[] = [];
  #length = 0;
  #contextId = 0;
  #sink: IncomingDataset | undefined;
  #ended: { readonly reason: unknown } | undefined;

  /** Tells `onCommand` of each message in an accepted presentation context. */
  constructor(onCommand: CommandListener, isAccepted: (contextId: number) => boolean) {
    this.#onCommand = onCommand;
    this.#isAccepted = isAccepted;
  }

  /** Takes a fragment. @throws `PduError` for what breaks the order, or for a command set out of bounds */
  accept({ contextId, isCommand, isLast, pieces }: Fragment): Promise<void> | void {
    if (!this.#isAccepted(contextId)) {
      throw new PduError(`Presentation context ${contextId} was not accepted`);
    }
    const isUnderWay = this.#sink !== undefined || this.#length > 0;
    if (isUnderWay && contextId !== this.#contextId) {
      throw unexpected("A message changes its presentation context");
    }
    this.#contextId = contextId;
    if (isCommand) return this.#acceptCommand(pieces, isLast);
    if (this.#sink === undefined) throw unexpected("A dataset comes without a command");
    if (isLast) this.#sink.received?.();
    return this.#write(this.#sink, pieces, isLast);
  }

  #write(
    sink: DatasetSink,
    pieces: readonly Uint8Array[],
    isLast: boolean,
    from = 0,
  ): Promise<void> | void {
    // It may have been aborted meanwhile.
    if (this.#sink !== sink) return;
    for (let at = from; at < pieces.length; at++) {
      const written = sink.write(pieces[at]!);
      if (written) return written.then(() => this.#write(sink, pieces, isLast, at + 1));
    }
    if (!isLast) return;
    this.#sink = undefined;
    return sink.close();
  }

  /** Ends early: an unfinished dataset is of no use. */
  async abort(reason: unknown): Promise<void> {
    this.#ended ??= { reason };
    const sink = this.#sink;
    this.#sink = undefined;
    await sink?.abort(reason);
  }

  /** A dataset comes of which the peer is told as soon as its end is there: nothing else had better be done before. */
  get isGathered(): boolean {
    return this.#sink?.received !== undefined;
  }

  #acceptCommand(pieces: readonly Uint8Array[], isLast: boolean): Promise<void> | void {
    if (this.#sink !== undefined) throw unexpected("A command comes within a dataset");
    for (const piece of pieces) this.#length += piece.length;
    if (this.#length > MAX_COMMAND_LENGTH) {
      throw new PduError(`A command set has more than ${MAX_COMMAND_LENGTH} bytes`);
    }
    if (!isLast) return void this.#command.push(...pieces.map((piece) => piece.slice()));
    const bytes = this.#command.length === 0 && pieces.length === 1
      ? pieces[0]!
      : concat([...this.#command, ...pieces], this.#length);
    this.#command = [];
    this.#length = 0;
    const command = decodeCommand(bytes);
    const sink = this.#onCommand(this.#contextId, command);
    if (sink instanceof Promise) return sink.then((sink) => this.#expect(command, sink));
    return this.#expect(command, sink);
  }

  #expect(command: CommandSet, sink: IncomingDataset | undefined | void): Promise<void> | void {
    // It was still being made then.
    if (this.#ended) return sink?.abort(this.#ended.reason);
    if (hasDataset(command)) this.#sink = sink ?? NOWHERE;
  }
}

function unexpected(message: string): PduError {
  return new PduError(message, ABORT_REASON.UNEXPECTED_PDU);
}
