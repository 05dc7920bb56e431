/**
 * Scans: lists and items.
 *
 * @module
 */

import { scanNode } from "../documents/item.ts";
import { itemReply } from "../documents/item_reply.ts";
import { type Call, makerOf } from "../http/call.ts";
import { type Contents, contentsOf, fieldsOf, said } from "../http/contents.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { addScan } from "../model/create.ts";
import { isAll } from "../model/find.ts";
import { isA, typeOf } from "../model/schema.ts";
import type { Experiment, Scan } from "../model/types.ts";
import { listing } from "../tables/listing.ts";
import { tableReply } from "../tables/table.ts";
import { demandNoTail } from "./item_route.ts";
import { demand, needExperiment, needSession } from "./locate.ts";
import { deleteScan } from "./removal.ts";

const ROOT = "xnat:imageScanData";

/** `…/scans`. */
export async function scans(call: Call): Promise<Response> {
  const session = needSession(call);
  if (call.method === "POST" || call.method === "PUT") {
    const contents = await contentsOf(call, ROOT);
    const id = contents.parameters.find(([key]) => key === "ID" || key.endsWith("/ID"))?.[1];
    if (!id) refuse(417, "Need PUT/POST Contents");
    return store(call, session, id, contents);
  }
  return list(call, session, session.scans);
}

function list(call: Call, session: Experiment, found: readonly Scan[]): Response {
  return tableReply(
    call,
    listing(call, "scan", found.map((item) => ({ item, session }))) ?? refuse(500),
  );
}

/** `…/scans/{SCAN}`. */
export async function scan(call: Call): Promise<Response> {
  const session = needExperiment(call);
  const wanted = call.vars.SCAN!;
  if (call.method !== "GET") demandNoTail(call);
  if (call.method === "PUT" || call.method === "POST") {
    return store(call, session, wanted, await contentsOf(call, ROOT));
  }
  const found = session.scans.filter((each) =>
    isAll(wanted) || wanted.split(",").includes(each.id)
  );
  const [first] = found;
  if (!first) refuse(404, "Unable to find the specified scan.");
  if (call.method === "DELETE") {
    demand(call, "delete", session);
    for (const each of found) await deleteScan(call, session, each);
    return empty();
  }
  if (isAll(wanted) || found.length > 1) {
    return list(call, session, found);
  }
  return itemReply(call, scanNode(first, session));
}

/** Makes or changes a scan; the answer never says which. */
function store(call: Call, session: Experiment, id: string, contents: Contents): Response {
  demand(call, "edit", session);
  const found = session.scans.find((each) => each.id === id);
  if (found) {
    const asked = call.query.get("xsiType");
    if (asked && typeOf(asked)?.name !== found.xsiType) {
      refuse(409, "Specified xsiType differs from existing xsiType");
    }
    change(call, found, contents);
    return empty();
  }
  const type = typeOf(contents.xsiType ?? "");
  if (!type) refuse(417, "Need PUT/POST Contents");
  if (type.abstract || !isA(type.name, ROOT)) {
    refuse(400, `${type.name} is not a type of scans`);
  }
  const fields = fieldsOf(contents, "scan", type.name);
  // An id among the fields comes before the one in the path.
  const made = said(contents, "ID") ?? id;
  addScan(call.world.archive, makerOf(call), session, made, type.name, fields);
  return empty();
}

function change(call: Call, found: Scan, contents: Contents): void {
  if (call.query.is("allowDataDeletion")) found.fields = {};
  Object.assign(found.fields, fieldsOf(contents, "scan", found.xsiType));
  found.lastModified = call.now;
}
