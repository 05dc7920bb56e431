/**
 * Where a C-MOVE goes.
 *
 * @module
 */

import {
  type Association,
  type ContextProposal,
  type Query,
  requestAssociation,
} from "../../transports/dicom/dimse/mod.ts";
import { StoreContexts } from "../../transports/dicom/store_contexts.ts";
import { VfsError } from "../../vfs/errors.ts";
import { failure } from "./failure.ts";
import type { Condition } from "./index/search.ts";
import type { Sources } from "./retrieve.ts";

/** Where a C-MOVE can go. */
export interface DicomPeer {
  /** Name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
}

type Connect = (contexts: readonly ContextProposal[]) => Promise<Association>;

/** A destination, on one association after the other where one cannot have all presentation contexts. */
export class Destination implements AsyncDisposable {
  readonly #connect: Connect;
  readonly #contexts = new StoreContexts([]);
  #last: { contexts: readonly ContextProposal[]; association: Association } | undefined;

  private constructor(connect: Connect) {
    this.#connect = connect;
  }

  /**
   * Connects, unless nothing is to be sent.
   *
   * @throws `ServiceFailed` with A801H for an AE title that is not known, A702H when it cannot be reached
   */
  static async open(
    { peers, aeTitle: callingAET, index }: Sources,
    { association: { url }, destination: calledAET = "", signal }: Query,
    conditions: readonly Condition[],
  ): Promise<Destination> {
    const peer = Object.hasOwn(peers, calledAET) ? peers[calledAET] : undefined;
    if (!peer) throw failure("C-MOVE", 0xA801, url, "the destination is not among the peers");
    const { host: hostname, port } = peer;
    const destination = new Destination(async (contexts) => {
      try {
        return await requestAssociation({
          hostname,
          port,
          calledAET,
          callingAET,
          contexts,
          signal,
        });
      } catch (error) {
        if (!(error instanceof VfsError)) throw error;
        throw failure("C-MOVE", 0xA702, url, "the destination does not accept an association");
      }
    });
    const pairs = index.pairs(conditions);
    // What shares an association is known only when all have been seen.
    for (const pair of pairs) destination.#contexts.for(...pair);
    if (pairs[0]) await destination.for(...pairs[0]);
    return destination;
  }

  /** The association for instances of a class in a transfer syntax. @throws `ServiceFailed` with A702H */
  async for(sopClassUID: string, transferSyntaxUID: string): Promise<Association> {
    const pair = [sopClassUID, transferSyntaxUID] as const;
    const association = await this.#on(this.#contexts.for(...pair));
    if (association.contextFor(...pair)) return association;
    const others = this.#contexts.others(...pair);
    return others ? await this.#on(others) : association;
  }

  async #on(contexts: readonly ContextProposal[]): Promise<Association> {
    if (this.#last?.contexts !== contexts) {
      await this.#last?.association.release();
      this.#last = { contexts, association: await this.#connect(contexts) };
    }
    return this.#last.association;
  }

  /** Releases the association. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last?.association.release();
  }
}
