/**
 * Which of our answers is due for sure.
 *
 * @module
 */

import { COMMAND, type CommandSet } from "./command_set.ts";
import type { AcceptedContext } from "./negotiation.ts";
import { PduError } from "./pdu.ts";
import { classOf } from "./status.ts";
import { isStorageClass, VERIFICATION } from "./uids.ts";

/** What a peer asks of us, as far as it tells which answer comes next, whatever that says. */
export class DueAnswer {
  /** Requests without a final answer. */
  #owed = 0;
  /** The last of them, where it is one. */
  #last: { readonly context: AcceptedContext; readonly command: CommandSet } | undefined;

  /** The peer asks for something. @throws `PduError` for a C-CANCEL where nothing can be cancelled */
  asked(context: AcceptedContext, command: CommandSet): void {
    if (command.CommandField === COMMAND.C_CANCEL_RQ) {
      // An answer may have been begun, for it to complete.
      if (isBrief(context)) throw new PduError("A C-CANCEL comes where nothing can be cancelled");
      return;
    }
    this.#owed++;
    this.#last = { context, command };
  }

  /** We answer. */
  answered({ CommandField, MessageIDBeingRespondedTo, Status }: CommandSet): void {
    if (classOf(Status!) === "pending") return;
    this.#owed--;
    const { command } = this.#last ?? {};
    const isLast = command?.MessageID === MessageIDBeingRespondedTo &&
      CommandField === (command!.CommandField | 0x8000);
    if (isLast) this.#last = undefined;
  }

  /**
   * The context of the next answer, while more of a request is waited for: that of the last one; or `coming`, where the peer
   * has begun a command and waits for nothing else. Where something can be cancelled, it need not be a request.
   */
  next(coming: AcceptedContext | undefined): AcceptedContext | undefined {
    const context = this.#owed === 0 ? coming : this.#owed === 1 ? this.#last?.context : undefined;
    return context && isBrief(context) ? context : undefined;
  }
}

/** Whatever is asked in this context, nothing of it can be cancelled. */
function isBrief({ sopClassUID }: AcceptedContext): boolean {
  return sopClassUID === VERIFICATION || isStorageClass(sopClassUID);
}
