import {
  type Association,
  contextsOf,
  type Query,
  requestAssociation,
  type StoreRequest,
  TRANSFER_SYNTAX,
} from "../../transports/dicom/dimse/mod.ts";
import { routeOf } from "../../transports/dicom/store_convert.ts";
import { readerOf } from "../../vfs/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { UNIQUE_KEY } from "./attributes.ts";
import { tagOf } from "../../formats/dicom/dictionary.ts";
import { failure } from "./failure.ts";
import { type Archive, readRequest } from "./find.ts";
import type { Folder } from "./folder.ts";
import type { Condition } from "./index/instance_index.ts";
import { uniqueConditions } from "./query/conditions.ts";
import { isWildcard, type QueryRequest } from "./query/request.ts";

/** Where a C-MOVE can go. */
export interface DicomPeer {
  /** Name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
}

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
    const reason = `${UNIQUE_KEY[request.level]} is needed, without wildcards`;
    throw failure("C-GET", 0xA900, query.association.url, reason);
  }
  return { request, conditions: uniqueConditions(request) };
}

/**
 * The instance with an id, to be sent over an association: as it is stored, or in implicit VR where the peer takes
 * only that. Undefined when it is gone.
 */
export function storeRequest(
  { index, folder }: Sources,
  id: number,
  to: Association,
  signal: AbortSignal,
): StoreRequest | undefined {
  const found = index.instance(id);
  if (!found) return;
  const { sopClassUID, sopInstanceUID, transferSyntaxUID, path, datasetOffset, size } = found;
  const stored = folder.dataset(path, datasetOffset, size ?? undefined, signal);
  const route = routeOf(to, found, true);
  if (!route || route.transferSyntaxUID === transferSyntaxUID) {
    return { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset: stored };
  }
  const open = async () => route.convert(readerOf(await stored.open()));
  const dataset = { replayable: true, open };
  return { sopClassUID, sopInstanceUID, transferSyntaxUID: route.transferSyntaxUID, dataset };
}

/**
 * Connects to the destination of a C-MOVE, with a presentation context for each class and syntax to be sent.
 *
 * @throws `ServiceFailed` with A801H for an AE title that is not known, A702H when it cannot be reached
 */
export async function connectTo(
  sources: Sources,
  query: Query,
  conditions: readonly Condition[],
): Promise<Association | undefined> {
  const { url } = query.association;
  const calledAET = query.destination ?? "";
  const peer = Object.hasOwn(sources.peers, calledAET) ? sources.peers[calledAET] : undefined;
  if (!peer) throw failure("C-MOVE", 0xA801, url, "the destination is not among the peers");
  const [contexts] = contextsOf(proposals(sources.index.pairs(conditions)));
  if (!contexts) return;
  const { host: hostname, port } = peer;
  const callingAET = sources.aeTitle;
  const { signal } = query;
  try {
    return await requestAssociation({ hostname, port, calledAET, callingAET, contexts, signal });
  } catch (error) {
    if (!(error instanceof VfsError)) throw error;
    throw failure("C-MOVE", 0xA702, url, "the destination does not accept an association");
  }
}

const { explicit, deflated, implicit } = TRANSFER_SYNTAX;

/** What is stored, and what it can be converted to. */
function proposals(pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const others = pairs.flatMap(([sopClassUID, syntax]) => {
    if (syntax === explicit) return [[sopClassUID, implicit] as const];
    if (syntax !== deflated) return [];
    return [explicit, implicit].map((other) => [sopClassUID, other] as const);
  });
  return [...pairs, ...others];
}
