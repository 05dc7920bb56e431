/**
 * What all items have in common that can be put, shown and removed.
 *
 * @module
 */

import { itemReply } from "../documents/item_reply.ts";
import type { ItemNode } from "../documents/item.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";

/** What is done with items of one kind. */
interface ItemActions<T> {
  /** PUT and POST, where there may be none yet. */
  readonly put: (call: Call) => Promise<Response>;
  /** The item of the path. @throws `Refusal` */
  readonly need: (call: Call) => T;
  /** DELETE. */
  readonly remove: (call: Call, found: T) => Promise<Response>;
  /** What GET shows. */
  readonly node: (call: Call, found: T) => ItemNode;
}

/**
 * Changes are of the item of a route, or of nothing: a path that goes on where no route does would take what is above.
 *
 * @throws {Refusal} 400
 */
export function demandNoTail({ tail }: Call): void {
  if (tail !== "") refuse(400, `Illegal path: ${tail}`);
}

/** Answers requests for an item. */
export function itemRoute<T>(actions: ItemActions<T>): (call: Call) => Promise<Response> {
  return async (call) => {
    if (call.method !== "GET") demandNoTail(call);
    if (call.method === "PUT" || call.method === "POST") return await actions.put(call);
    const found = actions.need(call);
    if (call.method === "DELETE") return await actions.remove(call, found);
    return itemReply(call, actions.node(call, found));
  };
}
