/**
 * `/datastore`: the store as a whole.
 *
 * @module
 */

import { invalid } from "../problem.ts";
import type { Call, Route } from "../route.ts";
import { attachment } from "../../../serving/serve_file.ts";

/** The routes. */
export const STORE_ROUTES: readonly Route[] = [
  { methods: ["GET"], path: "/datastore", handle: getStore },
  { methods: ["GET"], path: "/datastore/dataset", handle: getDataset },
];

async function getStore({ query, settings: { datastore }, signal }: Call): Promise<Response> {
  const output = query.get("output") ?? "stats";
  switch (output) {
    case "stats":
      return Response.json(await datastore.status({ signal }));
    case "all":
      return Response.json(await datastore.json({ signal }));
    case "train":
      return Response.json(await datastore.datalist({ signal }));
    default:
      throw invalid(["query", "output"], "Expected stats, all or train", output);
  }
}

async function getDataset({ query, settings: { datastore }, signal }: Call): Promise<Response> {
  const text = query.get("limit_cases") ?? "0";
  const limit = Number(text);
  if (!Number.isInteger(limit)) {
    throw invalid(["query", "limit_cases"], "Expected a whole number", text);
  }
  const archive = await datastore.getDatasetArchive(limit > 0 ? limit : undefined, { signal });
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": attachment("dataset.zip"),
  };
  return new Response(archive, { headers });
}
