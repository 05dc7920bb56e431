/**
 * C-FIND: from the identifier to the answers.
 *
 * @module
 */

import {
  type AssociateAc,
  encodeIdentifier,
  type Query,
} from "../../transports/dicom/dimse/mod.ts";
import { failure } from "./failure.ts";
import type { InstanceIndex } from "./index/instance_index.ts";
import { Turns } from "./index/search.ts";
import { Answers } from "./query/answer.ts";
import { conditionsOf } from "./query/conditions.ts";
import { type QueryRequest, requestOf } from "./query/request.ts";

/** When unique keys of the levels above may be left out (PS3.4 §C.4.1.2.2). */
export type Relational = "never" | "negotiated" | "always";

/** What a query with more answers than the node gives gets. */
export interface ResultLimit {
  /** Most answers. */
  readonly results: number;
  /**
   * `refuse`: A700H and no answer. `cancel`: so many answers and FE00H, as Orthanc does. `cut`: so many answers and
   * success, as if these were all.
   */
  readonly then: "refuse" | "cancel" | "cut";
}

/** What queries are answered from. */
export interface Archive {
  readonly aeTitle: string;
  readonly index: InstanceIndex;
  readonly relational: Relational;
  readonly limit?: ResultLimit;
}

/** Reads the identifier of a query, as strictly as the association was negotiated. */
export function readRequest({ relational }: Archive, query: Query): QueryRequest {
  const { answer } = query.association;
  const isRelational = relational === "always" ||
    relational === "negotiated" && isGranted(answer, query.sopClassUID);
  return requestOf(query, isRelational);
}

function isGranted({ user }: AssociateAc, sopClassUID: string): boolean {
  return user.extended.some((item) =>
    item.sopClassUID === sopClassUID && item.information[0] === 1
  );
}

/** The answers to a query, encoded. @throws `ServiceFailed` */
export async function* answersTo(
  archive: Archive,
  query: Query,
  request: QueryRequest,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { index, limit, aeTitle } = archive;
  const { association: { url }, signal, transferSyntaxUID } = query;
  let pages: AsyncIterable<number[]> | number[][] = index.find(
    request.level,
    conditionsOf(request),
    signal,
  );
  let isOver = false;
  if (limit) {
    const ids = await upTo(limit.results + 1, pages);
    isOver = ids.length > limit.results;
    if (isOver && limit.then === "refuse") throw failure("C-FIND", 0xA700, url, "too many answers");
    pages = [ids.slice(0, limit.results)];
  }
  const answers = new Answers(index, request, aeTitle);
  const turns = new Turns();
  for await (const ids of pages) {
    for (const id of ids) {
      if (turns.isDue) await turns.take();
      const identifier = answers.answer(id);
      // It may have been removed meanwhile.
      if (identifier) yield encodeIdentifier(identifier, transferSyntaxUID);
    }
  }
  if (isOver && limit?.then === "cancel") {
    throw failure("C-FIND", 0xFE00, url, "too many answers");
  }
}

/** The first ids, at least `count` of them where there are as many. */
async function upTo(count: number, pages: AsyncIterable<number[]>): Promise<number[]> {
  const found: number[] = [];
  for await (const ids of pages) {
    for (const id of ids) found.push(id);
    if (found.length >= count) break;
  }
  return found;
}
