/**
 * C-GET and C-MOVE: which instances, and how each is sent.
 *
 * @module
 */

import type { Association, Query, Suboperation } from "../../transports/dicom/dimse/mod.ts";
import { routeOf } from "../../transports/dicom/store_convert.ts";
import { UNIQUE_KEY } from "./attributes.ts";
import { tagOf } from "../../formats/dicom/dictionary.ts";
import type { DicomPeer } from "./destination.ts";
import { failure } from "./failure.ts";
import { type Archive, readRequest } from "./find.ts";
import type { Folder } from "./folder.ts";
import type { Condition } from "./index/search.ts";
import { uniqueConditions } from "./query/conditions.ts";
import { isWildcard, type QueryRequest } from "./query/request.ts";

/** What instances are sent from. */
export interface Sources extends Archive {
  readonly folder: Folder;
  readonly peers: Readonly<Record<string, DicomPeer>>;
}

/** What a retrieval is about. @throws `ServiceFailed` with A900H unless its unique key is given */
export function readRetrieval(
  sources: Sources,
  query: Query,
): { request: QueryRequest; conditions: Condition[] } {
  const request = readRequest(sources, query);
  const values = request.keys.get(tagOf(UNIQUE_KEY[request.level])) ?? [];
  if (values.length === 0 || values.some(isWildcard)) {
    const comment = `${UNIQUE_KEY[request.level]} is needed, without wildcards`;
    throw failure("C-GET", 0xA900, query.association.url, comment);
  }
  return { request, conditions: uniqueConditions(request) };
}

/** Gives the association that instances of a class in a transfer syntax are sent over. */
export type Way = (sopClassUID: string, transferSyntaxUID: string) => Promise<Association>;

/**
 * The instance with an id, to be sent: as it is stored, or in implicit VR where the peer takes only that. Undefined when
 * it is gone.
 */
export async function suboperation(
  { index, folder }: Sources,
  id: number,
  way: Way,
  signal: AbortSignal,
): Promise<Suboperation | undefined> {
  const found = index.instance(id);
  if (!found) return;
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = found;
  const to = await way(sopClassUID, transferSyntaxUID);
  const stored = folder.dataset(found, signal);
  const route = routeOf(to, found, true);
  if (!route || route.transferSyntaxUID === transferSyntaxUID) {
    return { to, sopClassUID, sopInstanceUID, transferSyntaxUID, dataset: stored };
  }
  const open = async () => route.convert(await stored.open());
  const dataset = { replayable: true, open };
  return { to, sopClassUID, sopInstanceUID, transferSyntaxUID: route.transferSyntaxUID, dataset };
}

const ends = new WeakMap<Association, AbortSignal>();

/** Fires when an association ends, and not when an operation is cancelled: what is half sent has to be sent whole. */
export function endOf(association: Association): AbortSignal {
  const known = ends.get(association);
  if (known) return known;
  const ended = new AbortController();
  ends.set(association, ended.signal);
  association.closed.then(() => ended.abort());
  return ended.signal;
}
