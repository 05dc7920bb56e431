/**
 * `/datastore`: the store as a whole.
 *
 * @module
 */

import type { Datastore, DatastoreIndex } from "../../datastore.ts";
import { fileNameFor } from "../../file_name.ts";
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
      return Response.json(loadable(datastore, await datastore.json({ signal })));
    case "train":
      return Response.json(await datastore.datalist({ signal }));
    default:
      throw invalid(["query", "output"], "Expected stats, all or train", output);
  }
}

/**
 * 3D Slicer's reviewer fetches an image and keeps it under its `name`, whose ending tells it the format: folders of DICOM
 * files are given as volumes.
 */
function loadable({ getImageVolume }: Datastore, index: DatastoreIndex): DatastoreIndex {
  if (!getImageVolume) return index;
  const objects = Object.entries(index.objects).map(([id, { image, labels }]) => {
    const name = `${fileNameFor(id)}.nii.gz`;
    const named = image.ext === "" ? { ...image, info: { ...image.info, name } } : image;
    return [id, { image: named, labels }] as const;
  });
  return { ...index, objects: Object.fromEntries(objects) };
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
